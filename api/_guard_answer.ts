import { parseJsonText } from "@llm-proxy/core";
import type { Answer, AnswerEvent, AnswerPart } from "@llm-proxy/core";
import { type Mask, Unmasking } from "./_guard_mask.ts";
import type { TextScan } from "./_guard_scan.ts";
import { callText } from "./_guard_texts.ts";
import type { BeginScan } from "./guardrail_policy.ts";

/** How much of an answer is held back at most, in UTF-16 units: several times what any model says at once. */
export const MAX_HELD = 4 * 1024 * 1024;

type PartStart = AnswerEvent & { readonly type: "part_start" };

/** What an {@linkcode AnswerGuard} is made with. */
export interface AnswerGuardOptions {
  readonly scans: readonly BeginScan[];
  /** What was masked; absent where it is put back later, or nothing was. */
  readonly mask: Mask | undefined;
  /** What is thrown where more would have to be held back than may be. */
  readonly tooLong: () => Error;
}

/**
 * Looks through an answer event by event. Of each text as much is held back as
 * may be the beginning of what must not be told; a call of a tool is told once
 * it is whole.
 */
export class AnswerGuard {
  readonly #options: AnswerGuardOptions;
  readonly #lanes = new Map<number, Lane>();
  /** How much is held back, of all parts. */
  #held = 0;

  constructor(options: AnswerGuardOptions) {
    this.#options = options;
  }

  /**
   * Takes an event; gives what can be told.
   *
   * @throws {GuardrailError} where the answer holds what it must not.
   */
  push(event: AnswerEvent): AnswerEvent[] {
    switch (event.type) {
      case "part_start":
        if (event.kind === "tool_call") {
          scanText(event.name, this.#options.scans);
        }
        this.#lanes.set(event.part, new Lane(event, this.#options));
        return [event];
      case "part_delta": {
        const lane = this.#lanes.get(event.part);
        if (lane === undefined) return [];
        this.#held -= lane.held;
        const text = lane.take(event.text);
        this.#held += lane.held;
        if (this.#held > MAX_HELD) throw this.#options.tooLong();
        return text === "" ? [] : [{ ...event, text }];
      }
      case "part_end":
        return [...this.#end(event.part), event];
      case "finish":
        return [
          ...[...this.#lanes.keys()].flatMap((part) => this.#end(part)),
          event,
        ];
      default:
        return [event];
    }
  }

  #end(part: number): AnswerEvent[] {
    const lane = this.#lanes.get(part);
    if (lane === undefined) return [];
    const text = lane.end();
    this.#held -= lane.held;
    this.#lanes.delete(part);
    return text === "" ? [] : [{ type: "part_delta", part, text }];
  }
}

/** One part on its way. */
class Lane {
  readonly #kind: PartStart["kind"];
  readonly #scans: readonly TextScan[];
  readonly #unmasking: Unmasking | undefined;
  #pending = "";
  /** How much was told. */
  #told = 0;

  constructor(
    { kind }: PartStart,
    { scans, mask }: AnswerGuardOptions,
  ) {
    this.#kind = kind;
    this.#scans = scans.map((begin) => begin());
    // Thought goes back as it came: its provider has signed it.
    this.#unmasking = mask && kind !== "reasoning"
      ? new Unmasking(mask)
      : undefined;
  }

  /** How much is held back, but for the beginning of a placeholder. */
  get held(): number {
    return this.#pending.length;
  }

  take(text: string): string {
    this.#pending += text;
    if (this.#kind === "tool_call") return "";
    let cleared = this.#told + this.#pending.length;
    for (const scan of this.#scans) {
      cleared = Math.min(cleared, scan.take(text));
    }
    const upTo = Math.max(0, cleared - this.#told);
    if (upTo === 0) return "";
    const told = this.#pending.slice(0, upTo);
    this.#pending = this.#pending.slice(upTo);
    this.#told += upTo;
    return this.#unmasking?.take(told) ?? told;
  }

  end(): string {
    if (this.#kind === "tool_call" && this.#scans.length > 0) {
      const text = callText(this.#pending);
      for (const scan of this.#scans) scan.take(text);
    }
    for (const scan of this.#scans) scan.end();
    if (this.#unmasking === undefined) return this.#pending;
    return this.#unmasking.take(this.#pending) + this.#unmasking.end();
  }
}

/** Looks through a whole answer. Throws as {@linkcode AnswerGuard.push} does. */
export function scanAnswer(
  { parts }: Answer,
  scans: readonly BeginScan[],
): void {
  for (const part of parts) scanText(textOf(part), scans);
}

/** Looks through every text of a body, those included that no dialect knows. */
export function scanBody(body: string, scans: readonly BeginScan[]): void {
  const parts: unknown[] = [parseJsonText(body)];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (typeof part === "string") scanText(part, scans);
    else if (typeof part === "object" && part !== null) {
      for (const value of Object.values(part)) {
        if (value !== undefined) parts.push(value);
      }
    }
  }
}

function scanText(text: string, scans: readonly BeginScan[]): void {
  for (const begin of scans) {
    const scan = begin();
    scan.take(text);
    scan.end();
  }
}

/** What is looked at of a part. */
export function textOf(part: AnswerPart): string {
  if (part.type === "image") return "";
  return part.type === "tool_call"
    ? `${part.name}\n${callText(part.arguments)}`
    : part.text;
}

/** The answer with what was masked put back: itself where that is nothing. */
export function unmaskAnswer(answer: Answer, mask: Mask): Answer {
  let isSame = true;
  const parts = answer.parts.map((part) => {
    if (part.type === "reasoning" || part.type === "image") return part;
    const said = part.type === "tool_call" ? part.arguments : part.text;
    const text = mask.unmask(said);
    if (text === said) return part;
    isSame = false;
    return part.type === "tool_call"
      ? { ...part, arguments: text }
      : { ...part, text };
  });
  return isSame ? answer : { ...answer, parts };
}
