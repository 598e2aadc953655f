import type { MutableJson } from "./_pass_json.ts";
import {
  sameCallId,
  unansweredCall,
  unmatchedResult,
} from "../_call_faults.ts";

/** Messages that stay together, and what follows the last of them. */
interface Group {
  readonly messages: MutableJson[];
  /** Media of tool results, as content parts of a user's message. */
  readonly beside: MutableJson[];
}

/** A call of the last assistant turn. */
interface Call {
  readonly param: string;
  isAnswered: boolean;
}

/**
 * The messages of one request: pairs tool results with their calls and puts
 * them right behind these, whatever the caller has said in between (A23).
 */
export class ChatTurns {
  readonly #groups: Group[] = [];
  /** The calls of the last assistant turn, by the caller's id. */
  readonly #calls = new Map<string, Call>();
  #results: Group = { messages: [], beside: [] };

  /** Adds a message that is neither the assistant's nor a tool's. */
  add(message: MutableJson): void {
    this.#groups.push({ messages: [message], beside: [] });
  }

  /** Adds the assistant's message. `calls` are its calls: the caller's id and the field of each. */
  addAssistant(
    message: MutableJson,
    calls: readonly { readonly id: string; readonly param: string }[],
  ): void {
    this.#requireResults();
    this.#calls.clear();
    this.add(message);
    for (const { id, param } of calls) {
      if (this.#calls.has(id)) {
        throw sameCallId(param, id);
      }
      this.#calls.set(id, { param, isAnswered: false });
    }
    this.#results = { messages: [], beside: [] };
    this.#groups.push(this.#results);
  }

  /** Adds the result of a call of the last assistant turn. `param` names the caller's message. */
  addResult(
    result: Group & { readonly callId: string },
    param: string,
  ): void {
    const { callId, messages, beside } = result;
    const call = this.#calls.get(callId);
    if (call === undefined || call.isAnswered) {
      throw unmatchedResult(param, {
        id: callId,
        isAnswered: call !== undefined,
      });
    }
    call.isAnswered = true;
    this.#results.messages.push(...messages);
    this.#results.beside.push(...beside);
  }

  /** Ends the conversation and gives its messages. */
  finish(): MutableJson[] {
    this.#requireResults();
    return this.#groups.flatMap(({ messages, beside }) =>
      beside.length === 0
        ? messages
        : [...messages, { role: "user", content: beside }]
    );
  }

  #requireResults(): void {
    for (const [id, { param, isAnswered }] of this.#calls) {
      if (isAnswered) continue;
      throw unansweredCall(param, id);
    }
  }
}
