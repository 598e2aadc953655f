import type { CondensableMessage } from "./condensable.ts";
import { groupTurns, type TurnGroup } from "./_turn_groups.ts";

/** What became of the messages of a conversation, in numbers. */
export interface CondenseCounts {
  /** Messages that were left out. */
  dropped: number;
  /** Tool results that were cut. */
  truncated: number;
  /** Texts that were said before. */
  duplicates: number;
  /** Messages of which a summary stands there instead. */
  summarized: number;
}

/** What a draft is made of. */
export interface CondenseDraftOptions {
  /** The tokens of each message, before any correction. */
  readonly sizes: number[];
  /** The tokens of all else: tools, a schema. */
  readonly fixed: number;
  /** The tokens that there is room for, by the same count. */
  readonly room: number;
  /** By how much more is left out at a time: the beginning then stays the same for a while. */
  readonly step: number;
  /** Counts the tokens of a message. */
  readonly sizeOf: (message: CondensableMessage) => number;
}

/** A conversation that is being condensed. Strategies change it, one after the other. */
export class CondenseDraft {
  /** The messages; `undefined` where one is left out. */
  readonly messages: (CondensableMessage | undefined)[];
  /** The messages as they came. */
  readonly original: readonly CondensableMessage[];
  /** What stays or goes together. */
  readonly groups: readonly TurnGroup[];
  /** What has become of them. */
  readonly counts: CondenseCounts = {
    dropped: 0,
    truncated: 0,
    duplicates: 0,
    summarized: 0,
  };
  /** The tokens that there is room for. */
  readonly room: number;
  /** By how much more is left out at a time, in tokens. */
  readonly step: number;
  readonly #sizes: number[];
  readonly #sizeOf: CondenseDraftOptions["sizeOf"];
  /** Messages whose words stand in another one: to be put back when that goes. */
  /** What took the place of turns that are left out: it stays. */
  readonly #kept = new Set<number>();
  readonly #leaning = new Map<number, Map<number, CondensableMessage>>();
  #total: number;

  /** Takes a conversation as it is. */
  constructor(
    messages: readonly CondensableMessage[],
    { sizes, fixed, room, step, sizeOf }: CondenseDraftOptions,
  ) {
    this.original = messages;
    this.messages = [...messages];
    this.groups = groupTurns(messages);
    this.room = room;
    this.step = step;
    this.#sizes = sizes;
    this.#sizeOf = sizeOf;
    this.#total = sizes.reduce((sum, size) => sum + size, fixed);
  }

  /** The tokens that it comes to now. */
  get total(): number {
    return this.#total;
  }

  /** Whether there is room for it. */
  get fits(): boolean {
    return this.#total <= this.room;
  }

  /** The tokens of a group now. */
  size({ from, to }: TurnGroup): number {
    let sum = 0;
    for (let at = from; at < to; at++) sum += this.#sizes[at] ?? 0;
    return sum;
  }

  /** Whether a group is still there. */
  has({ from }: TurnGroup): boolean {
    return this.messages[from] !== undefined;
  }

  /**
   * The total to come down to, so that `room` is kept for so much more: some
   * steps below now, and the same for a while as the conversation grows.
   */
  goal(reserve: number = 0): number {
    const over = this.#total + reserve - this.room;
    return over <= 0
      ? Infinity
      : this.#total - Math.ceil(over / this.step) * this.step;
  }

  /** Whether a group may be left out, and is not yet. */
  canDrop(group: TurnGroup): boolean {
    return !group.isFixed && this.has(group) && !this.#kept.has(group.from);
  }

  /** Puts what stands for turns that are left out in the place of the first of them. */
  stand(place: number, message: CondensableMessage): void {
    this.#kept.add(place);
    this.replace(place, message);
  }

  /** Puts another message in the place of one. */
  replace(place: number, message: CondensableMessage): void {
    this.messages[place] = message;
    this.#resize(place, this.#sizeOf(message));
  }

  /** Notes that `place` leans on `origin`: once that goes, `full` is put back. */
  lean(
    place: number,
    { origin, full }: {
      readonly origin: number;
      readonly full: CondensableMessage;
    },
  ): void {
    const known = this.#leaning.get(origin) ?? new Map();
    if (!known.has(place)) known.set(place, full);
    this.#leaning.set(origin, known);
  }

  /** Leaves a group out. */
  drop(group: TurnGroup): void {
    for (let place = group.from; place < group.to; place++) {
      if (this.messages[place] === undefined) continue;
      this.messages[place] = undefined;
      this.#resize(place, 0);
      this.counts.dropped++;
    }
    for (let place = group.from; place < group.to; place++) {
      for (const [leaning, full] of this.#leaning.get(place) ?? []) {
        if (this.messages[leaning] === undefined) continue;
        this.replace(leaning, full);
        this.counts.duplicates--;
      }
      this.#leaning.delete(place);
    }
  }

  #resize(place: number, size: number): void {
    this.#total += size - (this.#sizes[place] ?? 0);
    this.#sizes[place] = size;
  }
}
