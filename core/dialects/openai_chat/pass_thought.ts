import { exactMember } from "../../_json_exact.ts";
import type { ThoughtCollector } from "../../_thought_collector.ts";
import type { Part } from "../../conversation.ts";
import type { DialectTarget, Quirks } from "../../dialect.ts";
import type { PassedThoughts, PassedTurns } from "../../passed_thought.ts";
import { asList } from "../_json.ts";
import { AnswerParts } from "./_answer_parts.ts";
import { encodeThought } from "./_encode_thought.ts";
import { isMutableJson, isName, type MutableJson } from "./_pass_json.ts";
import { ReadThought } from "./_read_thought.ts";

/** A turn of the model's in which it calls tools. */
interface CallingTurn extends MutableJson {
  readonly tool_calls: readonly unknown[];
}

/** What a provider wants back of the thought that led to calls. */
type Wanted = Pick<Quirks, "thought" | "missingThought">;

/**
 * The turns of a chat request with the thought that its client has lost, for
 * providers that refuse calls without the thought (J6), or without the proof of
 * it (J4), that led to them.
 */
export const chatTurns: PassedTurns = {
  member: "messages",
  mayLack: ({ value }, quirks) =>
    wantsThought(quirks) &&
    asList(value.messages).some((turn) => lacksThought(turn, quirks)),
  restore: (document, thoughts, target) =>
    asList(exactMember(document, "messages")).map((message) =>
      lacksThought(message, target.quirks)
        ? withThought(message, thoughts, target)
        : message
    ),
};

/** Whether a provider wants anything back. */
export function wantsThought({ thought, missingThought }: Wanted): boolean {
  return missingThought !== undefined || thought === "reasoning_details";
}

/** Whether a turn has calls of tools, and no thought that led to them where the provider looks for it. */
export function lacksThought(
  message: unknown,
  { thought }: Wanted,
): message is CallingTurn {
  if (!isMutableJson(message) || message.role !== "assistant") return false;
  const { tool_calls: calls, reasoning_details: details } = message;
  if (!Array.isArray(calls) || calls.length === 0) return false;
  return thought === "reasoning_details"
    ? asList(details).length === 0
    : !isName(message.reasoning_content);
}

function withThought(
  message: CallingTurn,
  thoughts: PassedThoughts,
  target: DialectTarget,
): CallingTurn {
  const parts: Part[] = [];
  for (const call of message.tool_calls) {
    const id = idOf(call);
    const kept = thoughts.first([id]);
    if (id === undefined || !kept?.isOwn) continue;
    // All calls of a turn were kept with the same thought.
    if (parts.length === 0) parts.push(...kept.parts);
    const { signature } = kept;
    if (signature === undefined) continue;
    parts.push({ type: "tool_call", id, name: "", arguments: "", signature });
  }
  if (parts.length === 0) return message;
  const param = "messages";
  const thought = encodeThought(parts, { param, target });
  if (Object.keys(thought).length === 0) return message;
  thoughts.restored();
  return { ...message, ...thought };
}

/** Collects the thought of a stream that passes. */
export class PassedThought {
  readonly #collector: ThoughtCollector;
  readonly #parts = new AnswerParts();
  readonly #thought = new ReadThought(this.#parts, undefined);
  readonly #calls = new Set<string>();

  /** Gives the thought to the collector. */
  constructor(collector: ThoughtCollector) {
    this.#collector = collector;
  }

  /** Takes a delta, as the client gets it. */
  take(delta: unknown): void {
    if (!isMutableJson(delta)) return;
    this.#thought.take(delta, (id) => this.#calls.has(id));
    for (const call of asList(delta.tool_calls)) {
      const id = idOf(call);
      if (id !== undefined) this.#call(id);
    }
    this.#give();
  }

  /** Takes the proper end of the stream. */
  finish(): void {
    this.#thought.finish();
    this.#parts.close();
    this.#give();
    this.#collector.take({ type: "finish", finish: "tool" });
  }

  #call(id: string): void {
    if (this.#calls.has(id) || this.#calls.size === MAX_CALLS) return;
    this.#calls.add(id);
    const signature = this.#thought.signatureOf(id);
    this.#collector.take({
      type: "part_start",
      part: -this.#calls.size,
      kind: "tool_call",
      id,
      name: "",
      ...(signature !== undefined && { signature }),
    });
  }

  #give(): void {
    for (const event of this.#parts.drain()) this.#collector.take(event);
  }
}

/** More calls than this no turn has. */
const MAX_CALLS = 128;

function idOf(call: unknown): string | undefined {
  return isMutableJson(call) && isName(call.id) ? call.id : undefined;
}
