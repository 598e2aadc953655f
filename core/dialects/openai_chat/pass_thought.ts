import { exactMember } from "../../_json_exact.ts";
import type { ThoughtCollector } from "../../_thought_collector.ts";
import type { PassedTurns } from "../../passed_thought.ts";
import { asList } from "../_json.ts";
import { isMutableJson, isName, type MutableJson } from "./_pass_json.ts";

/** A turn of the model's in which it calls tools. */
interface CallingTurn extends MutableJson {
  readonly tool_calls: readonly unknown[];
}

/**
 * The turns of a chat request with the thought that its client has lost, for
 * providers that refuse calls without the thought that led to them (J6).
 */
export const chatTurns: PassedTurns = {
  member: "messages",
  mayLack: ({ value }, { missingThought }) =>
    missingThought !== undefined && asList(value.messages).some(lacksThought),
  restore(document, thoughts) {
    return asList(exactMember(document, "messages")).map((message) => {
      if (!lacksThought(message)) return message;
      const kept = thoughts.first(message.tool_calls.map(idOf));
      const text = kept?.isOwn && kept.parts.map((it) => it.text).join("");
      if (!text) return message;
      thoughts.restored();
      return { ...message, reasoning_content: text };
    });
  },
};

/** Whether a turn has calls of tools, and no thought that led to them. */
export function lacksThought(message: unknown): message is CallingTurn {
  return isMutableJson(message) && message.role === "assistant" &&
    Array.isArray(message.tool_calls) && message.tool_calls.length > 0 &&
    !isName(message.reasoning_content);
}

/** Collects the thought of a stream that passes. */
export class PassedThought {
  readonly #collector: ThoughtCollector;
  #calls = 0;
  #hasThought = false;

  /** Gives the thought to the collector. */
  constructor(collector: ThoughtCollector) {
    this.#collector = collector;
  }

  /** Takes a delta, as the client gets it. */
  take(delta: unknown): void {
    if (!isMutableJson(delta)) return;
    const { reasoning_content: content, reasoning, tool_calls: calls } = delta;
    const text = isName(content) ? content : reasoning;
    if (isName(text)) this.#think(text);
    for (const call of asList(calls)) {
      const id = idOf(call);
      if (id === undefined) continue;
      const part = ++this.#calls;
      const kind = "tool_call";
      this.#collector.take({ type: "part_start", part, kind, id, name: "" });
    }
  }

  /** Takes the proper end of the stream. */
  finish(): void {
    this.#collector.take({ type: "finish", finish: "tool" });
  }

  #think(text: string): void {
    const part = 0;
    if (!this.#hasThought) {
      this.#hasThought = true;
      this.#collector.take({ type: "part_start", part, kind: "reasoning" });
    }
    this.#collector.take({ type: "part_delta", part, text });
  }
}

function idOf(call: unknown): string | undefined {
  return isMutableJson(call) && isName(call.id) ? call.id : undefined;
}
