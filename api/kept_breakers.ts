import type { StateStore, StateWrite } from "@llm-proxy/context";
import type { BreakerSnapshot } from "@llm-proxy/core";
import { Breakers, type Deployment } from "@llm-proxy/core/routing";
import type { Logger } from "@llm-proxy/logging";
import { isDeepStrictEqual } from "node:util";
import type { CircuitBreakerConfig } from "./config_types_limits.ts";
import { breakersOptions } from "./resilience_options.ts";

const KEY = "breaker";
/** Changes that come within such a time are written together. */
const WRITE_AFTER_MS = 1_000;
/** How long after its open time the state of a circuit still says something. */
const KEPT_MS = 900_000;
/** How many go into one write. */
const BATCH = 200;

/** How {@linkcode KeptBreakers} are made. */
export interface KeptBreakersOptions {
  /** Told of every change. */
  readonly logger: Logger;
  /** What a restart must not lose; absent, nothing outlives the process. */
  readonly state: StateStore | undefined;
}

/**
 * The circuit breakers of all deployments. What is open stays so over a restart
 * and under another policy: a provider that is down is not asked all over again.
 * Nothing waits for the store, and what it fails with is logged.
 */
export class KeptBreakers {
  readonly #logger: Logger;
  readonly #state: StateStore | undefined;
  /** The deployments of the config, by their ids. */
  #deployments: ReadonlyMap<string, Deployment> = new Map();
  /** What was open elsewhere, and waits for its deployment. */
  #snapshots = new Map<string, unknown>();
  readonly #changed = new Set<string>();
  #section: CircuitBreakerConfig | undefined;
  #breakers: Breakers | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** Begins to read what is stored. */
  constructor({ logger, state }: KeptBreakersOptions) {
    this.#logger = logger;
    this.#state = state;
    if (state === undefined) return;
    this.#load(state).catch((cause) =>
      logger.warn("the circuit breakers were not read", { cause })
    );
  }

  /** Those of the policy that was adopted last. */
  get breakers(): Breakers {
    return this.#breakers ??= new Breakers({
      ...this.#section && breakersOptions(this.#section),
      onStateChange: (id, { from, to, reason }) => {
        const change = { deployment: id, from, to, reason };
        this.#logger.warn("a circuit breaker has changed", change);
        this.#note(id);
      },
    });
  }

  /** Goes by another policy from now on; {@linkcode KeptBreakers.retain} must follow. */
  adopt(section: CircuitBreakerConfig): void {
    if (isDeepStrictEqual(this.#section, section)) return;
    this.#section = section;
    for (const [id, snapshot] of this.#unwell()) {
      this.#snapshots.set(id, snapshot);
    }
    this.#breakers = undefined;
  }

  /** Forgets all but these deployments. */
  retain(deployments: readonly Deployment[]): void {
    this.#deployments = new Map(deployments.map((it) => [it.id, it]));
    this.breakers.retain(deployments);
    this.#restore();
  }

  /** Writes what has changed; resolves when that is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#write();
  }

  async #load(state: StateStore): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await state.list([KEY], { cursor });
      for (const { key: [, id], value } of page.entries) {
        this.#snapshots.set(String(id), value);
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    if (this.#deployments.size > 0) this.#restore();
  }

  /** What this process has found out itself by now is left as it is. */
  #restore(): void {
    for (const [id, snapshot] of this.#snapshots) {
      const deployment = this.#deployments.get(id);
      const breaker = deployment && this.breakers.of(deployment);
      if (breaker?.state === "closed") breaker.restore(snapshot);
    }
    this.#snapshots = new Map();
  }

  #note(id: string): void {
    // Of names that callers make up there is no end.
    if (this.#isClosed || this.#state === undefined) return;
    if (!this.#deployments.has(id)) return;
    this.#changed.add(id);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#write();
    }, WRITE_AFTER_MS);
  }

  async #write(): Promise<void> {
    const unwell = this.#unwell();
    const writes = [...this.#changed].map((id): StateWrite => {
      const key = [KEY, id];
      const value = unwell.get(id);
      return value === undefined
        ? { type: "delete", key }
        : { type: "set", key, value, deadline: deadlineOf(value) };
    });
    this.#changed.clear();
    try {
      for (let at = 0; at < writes.length; at += BATCH) {
        await this.#state?.commit({ writes: writes.slice(at, at + BATCH) });
      }
    } catch (cause) {
      this.#logger.warn("the circuit breakers were not kept", { cause });
    }
  }

  #unwell(): Map<string, BreakerSnapshot> {
    const unwell = new Map<string, BreakerSnapshot>();
    for (const [id, breaker] of this.#breakers?.entries() ?? []) {
      if (breaker.state !== "closed") unwell.set(id, breaker.snapshot());
    }
    return unwell;
  }
}

function deadlineOf({ savedAt, openFor }: BreakerSnapshot): number {
  return savedAt + openFor + KEPT_MS;
}
