import {
  type OpenStateStore,
  StateError,
  type StateKey,
} from "@llm-proxy/context";
import { GatewayError } from "@llm-proxy/core";
import type { Logger } from "@llm-proxy/logging";
import { hash } from "node:crypto";
import { BriefWait } from "./_brief_wait.ts";
import { AnswerParts } from "./_idempotent_parts.ts";
import {
  type HeldAnswers,
  type KeptReply,
  OnceTurn,
  type ReplyHead,
} from "./_once_turn.ts";

/** How long an answer is kept, in ms. */
const KEPT_MS = 86_400_000;
/** How long a request holds its key without a word to the store, in ms: what a process that was killed leaves behind. */
const CLAIM_MS = 30_000;
/** How long a request with a key waits for a store, in ms: a promise to answer once is worth more than what others wait. */
const STORE_WAIT_MS = 2_000;
/** So many requests with a key run at once. */
const MAX_RUNNING = 10_000;
/** What all answers on their way may hold, in bytes. */
const MAX_HELD = 64 * 1024 * 1024;
/** How often a key is looked at that others take and let go of. */
const MAX_RACES = 3;

/** What a row says. */
interface Row {
  /** What was asked, as a digest. */
  readonly print: string;
  /** Absent as long as it is on its way. */
  readonly reply?: ReplyHead;
  /** How many pieces the answer has in the store; -1 where it was too large to be kept. */
  readonly parts?: number;
}

/** Whose key it is, and what is asked with it. */
export interface OnceRequest {
  /** The caller: nobody else's keys are the same. */
  readonly owner: string;
  /** As the caller sent it. */
  readonly key: string;
  /** A digest of what is asked. */
  readonly print: string;
}

/**
 * Answers to requests with an `Idempotency-Key`, each made once: who sends the
 * same key again gets the same answer, for a day, from every process on the
 * same state and after a restart. Where the store does not answer, this process
 * goes by what it knows itself.
 */
export class IdempotentAnswers {
  readonly #state: OpenStateStore;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #parts: AnswerParts;
  /** Those on their way, and those that are being stored. */
  readonly #running = new Map<string, OnceTurn>();
  readonly #held: HeldAnswers = { size: 0, max: MAX_HELD };
  readonly #patience = new BriefWait(STORE_WAIT_MS);
  #isSilent = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Keeps answers in a store; `now` is in milliseconds since 1970. */
  constructor(
    state: OpenStateStore,
    { logger, now = Date.now }: {
      readonly logger: Logger;
      readonly now?: (() => number) | undefined;
    },
  ) {
    this.#state = state;
    this.#logger = logger;
    this.#now = now;
    this.#parts = new AnswerParts(state);
  }

  /**
   * Takes the turn of the first with its key, or gives the answer that the
   * first one got.
   *
   * @throws {GatewayError} 409 `idempotency_key_in_use` while the first is on
   * its way, 409 `idempotent_answer_lost` where its answer was too large to be
   * kept, 422 `idempotency_key_reused` where something else was asked, 503 where
   * too many are on their way.
   */
  async take(request: OnceRequest): Promise<OnceTurn | KeptReply> {
    const { print } = request;
    const id = idOf(request);
    const running = this.#running.get(id);
    if (running !== undefined) {
      checkPrint(running.print, print);
      if (running.kept !== undefined) return running.kept;
      throw running.isLost ? lost() : inUse();
    }
    if (this.#running.size >= MAX_RUNNING) throw tooMany();
    const turn = new OnceTurn(print, {
      held: this.#held,
      onEnd: (it) => this.#store(id, it),
    });
    this.#running.set(id, turn);
    this.#timer ??= setInterval(() => this.#renew(), CLAIM_MS / 3);
    let found: KeptReply | undefined;
    try {
      found = await this.#claim(id, print);
    } catch (error) {
      this.#forget(id);
      throw error;
    }
    if (found === undefined) {
      turn.isClaimed = true;
      return turn;
    }
    this.#forget(id);
    return found;
  }

  /** Waits for what is being stored; nothing is stored after that. */
  async close(): Promise<void> {
    await Promise.all(
      Array.from(this.#running.values(), ({ stored }) => stored),
    );
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Takes the key in the store, where that can be reached; gives the answer that is there. */
  async #claim(id: string, print: string): Promise<KeptReply | undefined> {
    let found: KeptReply | undefined;
    let fault: GatewayError | undefined;
    const work = async (): Promise<void> => {
      try {
        found = await this.#look(id, print);
      } catch (error) {
        if (error instanceof GatewayError) fault = error;
        else this.#noteFailure(error);
      }
    };
    await this.#patience.for(work());
    if (fault !== undefined) throw fault;
    return found;
  }

  async #look(id: string, print: string): Promise<KeptReply | undefined> {
    for (let race = 0; race < MAX_RACES; race++) {
      const isTaken = await this.#put(id, { print }, null).catch((error) => {
        // What others hold cannot be known; what is in memory still can.
        this.#noteFailure(error);
        return undefined;
      });
      if (isTaken) return undefined;
      const row = readRow((await this.#state.get(rowOf(id)))?.value);
      if (row === undefined && isTaken === undefined) return undefined;
      // Who had it has let it go this moment.
      if (row === undefined) continue;
      checkPrint(row.print, print);
      const { reply, parts = 0 } = row;
      if (reply === undefined) throw parts < 0 ? lost() : inUse();
      const body = await this.#parts.read(id, parts);
      if (body === undefined) throw lost();
      return { ...reply, body };
    }
    throw inUse();
  }

  /** Stores what became of a request. */
  async #store(id: string, turn: OnceTurn): Promise<void> {
    const { print, kept, isLost } = turn;
    try {
      if (kept !== undefined) {
        const { body, ...reply } = kept;
        const deadline = this.#now() + KEPT_MS;
        const parts = await this.#parts.write(id, { body, deadline });
        await this.#put(id, { print, reply, parts });
        for (const old of await this.#parts.trim()) {
          await this.#state.delete(rowOf(old));
        }
      } else if (isLost) await this.#put(id, { print, parts: -1 });
      else await this.#state.delete(rowOf(id));
    } catch (error) {
      this.#noteFailure(error);
    } finally {
      this.#forget(id);
    }
  }

  #forget(id: string): void {
    this.#running.delete(id);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Holds the keys of those that still run. */
  #renew(): void {
    for (const [id, { print, stored, isClaimed }] of this.#running) {
      if (!isClaimed || stored !== undefined) continue;
      this.#put(id, { print }).catch((error) => this.#noteFailure(error));
    }
  }

  async #put(id: string, row: Row, version?: null): Promise<boolean> {
    const isOpen = row.reply === undefined && row.parts === undefined;
    const deadline = this.#now() + (isOpen ? CLAIM_MS : KEPT_MS);
    const key = rowOf(id);
    const { ok } = await this.#state.commit({
      checks: version === undefined ? [] : [{ key, version }],
      writes: [{ type: "set", key, value: row, deadline }],
    });
    this.#isSilent = false;
    return ok;
  }

  #noteFailure(cause: unknown): void {
    const isForeseen = cause instanceof StateError;
    if (isForeseen && cause.code === "closed") return;
    if (this.#isSilent && isForeseen) return;
    this.#isSilent = isForeseen;
    this.#logger.warn("idempotent answers are kept in this process alone", {
      cause,
    });
  }
}

/** A name that no other owner's key can make. */
function idOf({ owner, key }: OnceRequest): string {
  return hash("sha256", JSON.stringify([owner, key]), "base64url");
}

function rowOf(id: string): StateKey {
  return ["idempotency", id];
}

/** What is stored may be older than the program. */
function readRow(value: unknown): Row | undefined {
  return typeof value === "object" && value !== null && "print" in value
    ? value as Row
    : undefined;
}

/**
 * Refuses a key that came with something else before.
 *
 * @throws {GatewayError} 422 `idempotency_key_reused`.
 */
export function checkPrint(known: string, print: string): void {
  if (known === print) return;
  throw new GatewayError(
    "invalid_request",
    "This Idempotency-Key was sent with another request: take a new key for each",
    { code: "idempotency_key_reused", status: 422 },
  );
}

function inUse(): GatewayError {
  return new GatewayError(
    "invalid_request",
    "A request with this Idempotency-Key is on its way: try again for its answer",
    {
      code: "idempotency_key_in_use",
      status: 409,
      headers: { "retry-after": "1", "x-should-retry": "true" },
    },
  );
}

function lost(): GatewayError {
  return new GatewayError(
    "invalid_request",
    "The request with this Idempotency-Key was answered, and its answer was too large to be kept",
    {
      code: "idempotent_answer_lost",
      status: 409,
      headers: { "x-should-retry": "false" },
    },
  );
}

function tooMany(): GatewayError {
  return new GatewayError(
    "overloaded",
    "Too many requests with an Idempotency-Key are on their way",
    { code: "idempotency_full", headers: { "retry-after": "1" } },
  );
}
