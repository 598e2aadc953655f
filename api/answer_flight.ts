import {
  type Answer,
  AnswerCollector,
  type AnswerEvent,
  answerEvents,
  GatewayError,
  LossReport,
  type ProviderDialect,
  quirksOf,
  readAnswer,
  UpstreamError,
} from "@llm-proxy/core";
import type { AttemptTrace } from "./attempt_trace.ts";

/** Where an answer came from. */
export interface AnswerSource {
  /** The provider's name in the config. */
  readonly provider: string;
  /** The model, as the provider names it. */
  readonly model: string;
}

/** A whole answer, and where it came from. */
export interface KeptAnswer extends AnswerSource {
  readonly answer: Answer;
}

/** How much all flights together hold for those who follow them, in UTF-16 units. */
export interface HeldEvents {
  size: number;
  readonly max: number;
}

/** So many wait for one answer; who comes later asks for an own one. */
const MAX_FOLLOWERS = 1_000;
/** How much of one answer is held, in UTF-16 units: who is further behind is left. */
const MAX_HELD = 4 * 1024 * 1024;
/** What an event takes besides its text. */
const EVENT_SIZE = 100;

/**
 * An answer on its way, for all who asked the same at the same time. The first
 * has it made; the others get what has come and then follow it. It is made as
 * long as anybody is left who wants it.
 */
export class AnswerFlight {
  readonly #controller = new AbortController();
  readonly #all: HeldEvents;
  readonly #log: AnswerEvent[] = [];
  /** How many events went before those of the log. */
  #before = 0;
  #held = 0;
  #source: AnswerSource | undefined;
  #ending: { readonly error?: unknown } | undefined;
  #followers = 0;
  #leaderLeft = false;
  #isLossy = false;
  #change = Promise.withResolvers<void>();

  constructor(all: HeldEvents) {
    this.#all = all;
  }

  /** Aborted when nobody is left who wants the answer. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How many wait for the answer besides the first. */
  get followers(): number {
    return this.#followers;
  }

  /** Where the answer comes from, once that is known. */
  get source(): AnswerSource | undefined {
    return this.#source;
  }

  /** Whether others can still get all of it. */
  get canJoin(): boolean {
    return this.#before === 0 && this.#followers < MAX_FOLLOWERS &&
      this.#ending === undefined && !this.signal.aborted;
  }

  /** An attempt has the answer: what it says goes to everybody from now on. */
  begin(source: AnswerSource): void {
    if (this.#source === undefined) {
      this.#source = source;
      return;
    }
    // What another deployment goes on with is nobody's whole answer.
    this.fail(
      new UpstreamError("upstream", "The provider's stream broke off", {
        code: "upstream_reset",
      }),
    );
  }

  /** More of the answer has come. */
  push(events: readonly AnswerEvent[]): void {
    if (this.#ending !== undefined || events.length === 0) return;
    let size = 0;
    for (const event of events) {
      this.#log.push(event);
      size += sizeOf(event);
    }
    this.#held += size;
    this.#all.size += size;
    if (this.#all.size > this.#all.max) this.#drop(size);
    else if (this.#held > MAX_HELD) this.#drop(MAX_HELD / 2);
    this.#tell();
  }

  /** Something of the answer has no word in which it could be kept. */
  lose(): void {
    this.#isLossy = true;
  }

  /** The answer has come at once, as the provider wrote it. */
  takeWhole(
    body: Uint8Array,
    { reader, trace: { candidate: { provider, model } } }: {
      readonly reader: ProviderDialect | undefined;
      readonly trace: AttemptTrace;
    },
  ): void {
    if (reader === undefined) return;
    const losses = new LossReport();
    this.begin({ provider: provider.name, model });
    try {
      const answer = readAnswer(body, {
        reader,
        losses,
        quirks: quirksOf({ provider, model }),
      });
      this.push([...answerEvents(answer)]);
    } catch (error) {
      this.fail(error);
    }
    if (!losses.empty) this.lose();
  }

  /**
   * All of it has come.
   *
   * @returns The whole answer, unless it failed, was too long to be held, or
   * lost something on its way here.
   */
  end(): KeptAnswer | undefined {
    if (this.#ending !== undefined) return undefined;
    const source = this.#source;
    const isHeld = this.#before === 0;
    const answer = isHeld ? collect(this.#log) : undefined;
    if (source === undefined || isHeld && answer === undefined) {
      this.fail(
        new GatewayError("internal", "The answer could not be read", {
          code: "internal_error",
        }),
      );
      return undefined;
    }
    this.#ending = {};
    this.#tell();
    return answer && !this.#isLossy ? { answer, ...source } : undefined;
  }

  /** It will not come, or not to its end. */
  fail(error: unknown): void {
    this.#ending ??= { error };
    this.#tell();
  }

  /** The first one has left; `reason` is why. */
  leave(reason: unknown): void {
    this.#leaderLeft = true;
    if (this.#followers === 0) this.#controller.abort(reason);
  }

  /** Nobody else comes: what is held goes with the last follower. */
  close(): void {
    this.#all.size -= this.#held;
    this.#held = 0;
  }

  /**
   * Follows the answer: first what has come, then what comes.
   *
   * @throws {unknown} what the answer failed with, the reason of the signal, or
   * a `GatewayError` where this follower was too slow.
   */
  async *follow(signal: AbortSignal): AsyncGenerator<readonly AnswerEvent[]> {
    this.#followers++;
    const left = Promise.withResolvers<never>();
    left.promise.catch(() => {});
    const leave = (): void => left.reject(signal.reason);
    signal.addEventListener("abort", leave);
    try {
      for (let next = 0;;) {
        signal.throwIfAborted();
        if (next < this.#before) throw tooSlow();
        const events = this.#log.slice(next - this.#before);
        if (events.length > 0) {
          next += events.length;
          yield events;
        } else if (this.#ending === undefined) {
          await Promise.race([this.#change.promise, left.promise]);
        } else if ("error" in this.#ending) {
          throw this.#ending.error;
        } else return;
      }
    } finally {
      signal.removeEventListener("abort", leave);
      this.#followers--;
      if (this.#followers === 0 && this.#leaderLeft) {
        this.#controller.abort(signal.reason);
      }
    }
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  /** Forgets the oldest events: nobody else can join, and it is not kept. */
  #drop(most: number): void {
    let dropped = 0;
    let size = 0;
    while (this.#held - size > most) {
      const event = this.#log[dropped];
      if (event === undefined) break;
      size += sizeOf(event);
      dropped++;
    }
    this.#log.splice(0, dropped);
    this.#before += dropped;
    this.#held -= size;
    this.#all.size -= size;
  }
}

function collect(events: readonly AnswerEvent[]): Answer | undefined {
  const collector = new AnswerCollector();
  for (const event of events) collector.push(event);
  return collector.answer;
}

function sizeOf(event: AnswerEvent): number {
  return EVENT_SIZE + (event.type === "part_delta" ? event.text.length : 0);
}

function tooSlow(): GatewayError {
  return new GatewayError("client_closed", "The client stopped reading", {
    code: "client_too_slow",
  });
}
