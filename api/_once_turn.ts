import type { ReplyHeaders } from "./exchange.ts";

/** A larger answer is not kept, in bytes. */
const MAX_ANSWER = 8 * 1024 * 1024;

/** What all answers on their way hold, in bytes. */
export interface HeldAnswers {
  size: number;
  readonly max: number;
}

/** How an answer began. */
export interface ReplyHead {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly isStream: boolean;
  /** A digest of the body that was asked with, where that passed by. */
  readonly asked?: string | undefined;
}

/** An answer as it went over the wire. */
export interface KeptReply extends ReplyHead {
  readonly body: Uint8Array;
}

/** The turn of the first request with its key: what it is answered is kept. */
export class OnceTurn {
  /** What is asked, as a digest. */
  readonly print: string;
  /** Whether its key is its own: before that another's answer may be there. */
  isClaimed = false;
  /** A digest of the body that passed by, once it has. */
  asked: string | undefined;
  readonly #held: HeldAnswers;
  readonly #onEnd: (turn: OnceTurn) => Promise<void>;
  readonly #encoder = new TextEncoder();
  #pieces: Uint8Array[] = [];
  #size = 0;
  #head: ReplyHead | undefined;
  #kept: KeptReply | undefined;
  #isTooLarge = false;
  #isWhole = false;
  #stored: Promise<void> | undefined;

  /** Begins; `onEnd` is called once it has ended. */
  constructor(
    print: string,
    { held, onEnd }: {
      readonly held: HeldAnswers;
      readonly onEnd: (turn: OnceTurn) => Promise<void>;
    },
  ) {
    this.print = print;
    this.#held = held;
    this.#onEnd = onEnd;
  }

  /** The answer, once it has come to its end. */
  get kept(): KeptReply | undefined {
    return this.#kept;
  }

  /** Whether it was answered with more than can be kept. */
  get isLost(): boolean {
    return this.#isTooLarge && this.#isWhole;
  }

  /** Resolves when what became of it is in the store; absent while it runs. */
  get stored(): Promise<void> | undefined {
    return this.#stored;
  }

  /** An answer begins. */
  begin(head: ReplyHead): void {
    this.#head = head;
  }

  /** More of it was told. */
  add(piece: string | Uint8Array): void {
    if (this.#isTooLarge) return;
    // Bytes may be used again by whoever wrote them.
    const bytes = typeof piece === "string"
      ? this.#encoder.encode(piece)
      : piece.slice();
    this.#size += bytes.length;
    this.#held.size += bytes.length;
    this.#pieces.push(bytes);
    if (this.#size <= MAX_ANSWER && this.#held.size <= this.#held.max) return;
    this.lose();
  }

  /** It can't be kept. */
  lose(): void {
    this.#isTooLarge = true;
    this.#drop();
  }

  /** All of it was told. */
  complete(): void {
    this.#isWhole = true;
  }

  /** The request was served: a whole answer is kept, else the key is free again. */
  end(): void {
    const head = this.#head;
    if (head !== undefined && this.#isWhole && !this.#isTooLarge) {
      this.#kept = {
        ...head,
        ...this.asked !== undefined && { asked: this.asked },
        body: joined(this.#pieces, this.#size),
      };
      this.#pieces = [];
    }
    this.#stored = this.#onEnd(this).finally(() => this.#drop());
  }

  #drop(): void {
    this.#held.size -= this.#size;
    this.#size = 0;
    this.#pieces = [];
    this.#kept = undefined;
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
