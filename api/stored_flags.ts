import {
  FeatureFlags,
  type FlagDefinition,
  type StateStore,
} from "@llm-proxy/context";
import type { Logger } from "@llm-proxy/logging";
import type { AuditedCommit } from "./audit_log.ts";

/** Flags by name. */
export type FlagsByName = Readonly<Record<string, FlagDefinition>>;

const KEY = ["flags"] as const;
/** What reads flags, loaded where there are some. */
const schemas = () => import("./_config_flag_section.ts");

const MAX_RACES = 5;
/** As many as the config may have. */
const MAX_STORED = 1_000;

/**
 * The flags that were switched while the gateway ran, in all processes with
 * one state and over restarts. They count before those of the config, which
 * come back in force when they are taken away.
 */
export class StoredFlags {
  /** All that are in force; each change is logged. */
  readonly flags: FeatureFlags;
  readonly #state: StateStore;
  readonly #logger: Logger;
  #configured: FlagsByName = {};
  #stored: FlagsByName = {};
  #version: string | null = null;

  /** Keeps them in a store. */
  constructor(state: StateStore, logger: Logger) {
    this.#state = state;
    this.#logger = logger;
    this.flags = new FeatureFlags({
      onChange: ({ flag, from, to }) =>
        logger.info("a feature flag has changed", { flag, from, to }),
    });
  }

  /** Those that were switched. */
  get all(): FlagsByName {
    return this.#stored;
  }

  /** Goes by the flags of another config, besides those that were switched. */
  adopt(configured: FlagsByName): void {
    this.#configured = configured;
    this.#apply();
  }

  /** Goes by what is stored. */
  async refresh(): Promise<void> {
    const entry = await this.#state.get(KEY);
    const version = entry?.version ?? null;
    if (version === this.#version) return;
    const stored = await flagsIn(entry?.value);
    this.#version = version;
    this.#stored = stored;
    this.#apply();
  }

  /**
   * Switches a flag, or with `undefined` has it as the config says, with
   * whatever `commit` notes of it: by default nothing.
   *
   * @throws {RangeError} when there are too many.
   */
  async set(
    name: string,
    to: FlagDefinition | undefined,
    commit: AuditedCommit = (batch) => this.#state.commit(batch),
  ): Promise<void> {
    for (let race = 0; race < MAX_RACES; race++) {
      const entry = await this.#state.get(KEY);
      const { [name]: _, ...others } = await flagsIn(entry?.value);
      const value = to === undefined ? others : { ...others, [name]: to };
      const { featureFlags } = await schemas();
      if (!featureFlags.safeParse(value).success) {
        throw new RangeError(`Cannot switch flag '${name}': too many are`);
      }
      const { ok } = await commit({
        checks: [{ key: KEY, version: entry?.version ?? null }],
        writes: [{ type: "set", key: KEY, value }],
      }, {
        target: name,
        before: this.flags.all.get(name),
        after: to ?? new Map(Object.entries(this.#configured)).get(name),
      });
      if (ok) return await this.refresh();
    }
    throw new TypeError(`Cannot switch flag '${name}': others keep writing`);
  }

  /**
   * Switches a flag off: here at once, for others and the time after a restart
   * as soon as the store can.
   *
   * @returns Whether it was on for anybody.
   */
  switchOff(name: string): boolean {
    if ((this.flags.all.get(name) ?? false) === false) return false;
    this.flags.set(name, false);
    this.set(name, false).catch((cause) =>
      this.#logger.warn("a flag was not stored", { flag: name, cause })
    );
    return true;
  }

  #apply(): void {
    this.flags.replace({ ...this.#configured, ...this.#stored });
  }
}

/** What a store may hold is checked as what a file holds, each for itself. */
async function flagsIn(value: unknown): Promise<FlagsByName> {
  if (typeof value !== "object" || value === null) return {};
  const { featureFlags } = await schemas();
  const flags: Record<string, FlagDefinition> = {};
  for (const [name, flag] of Object.entries(value).slice(0, MAX_STORED)) {
    const checked = featureFlags.safeParse({ [name]: flag });
    if (checked.success) Object.assign(flags, checked.data);
  }
  return flags;
}
