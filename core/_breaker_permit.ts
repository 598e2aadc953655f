import type { BreakerPermit } from "./breaker_permit.ts";
import type { FailureClass } from "./failure_class.ts";

/** What is told to whoever gave a permit. */
export interface PermitOwner {
  /** An attempt began to answer. Told once, before its end. */
  began(permit: Permit, after: number, now: number | undefined): void;
  /** An attempt ended, well or with a fault; `undefined` where nothing is known. */
  ended(
    permit: Permit,
    well: boolean | undefined,
    now: number | undefined,
  ): void;
}

/** Stands for no slot. */
export const NO_SLOT = -1;

/** A {@linkcode BreakerPermit} and what its owner keeps with it. */
export class Permit implements BreakerPermit {
  readonly probe: boolean;
  /** The span between two openings in which it was given. */
  readonly generation: number;
  /** The series of the probe slot that it holds, {@linkcode NO_SLOT} if none. */
  slot: number;
  readonly #owner: PermitOwner;
  #begun = false;
  #ended = false;

  constructor(owner: PermitOwner, generation: number, slot: number) {
    this.#owner = owner;
    this.generation = generation;
    this.slot = slot;
    this.probe = slot !== NO_SLOT;
  }

  /** Whether the attempt had begun to answer. */
  get begun(): boolean {
    return this.#begun;
  }

  firstByte(after: number, now?: number): void {
    if (this.#begun || this.#ended) return;
    this.#begun = true;
    this.#owner.began(this, after, now);
  }

  success(now?: number): void {
    this.#end(true, now);
  }

  failure(failure: FailureClass): void {
    this.#end(failure === "fault" ? false : undefined);
  }

  release(): void {
    this.#end(undefined);
  }

  [Symbol.dispose](): void {
    this.#end(undefined);
  }

  #end(well: boolean | undefined, now?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#owner.ended(this, well, now);
  }
}
