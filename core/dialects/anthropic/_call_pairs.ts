import type { Part } from "../../conversation.ts";
import type { GatewayError } from "../../errors.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";
import { shown } from "../_call_faults.ts";

/**
 * Sees to it that each tool call is answered in the user's next turn, and that
 * each result answers such a call (C7). Turns of one role in a row are one.
 */
export class CallPairs {
  /** Calls without a result, with the message that they stand in. */
  readonly #open = new Map<string, RequestNode>();
  readonly #answered = new Set<string>();

  /** Takes an assistant turn. */
  assistant(parts: readonly Part[], node: RequestNode): void {
    if (this.#answered.size > 0) {
      this.end();
      this.#answered.clear();
    }
    for (const part of parts) {
      if (part.type !== "tool_call") continue;
      if (this.#open.has(part.id)) {
        throw invalid(node, "content", `'${shown(part.id)}' calls two tools`);
      }
      this.#open.set(part.id, node);
    }
  }

  /** Takes the result of a call. */
  result(callId: string, node: RequestNode): void {
    if (!this.#open.delete(callId)) {
      const problem = this.#answered.has(callId)
        ? "has a result already"
        : "is no 'tool_use' block of the assistant's turn before it";
      throw invalid(node, "tool_use_id", `'${shown(callId)}' ${problem}`);
    }
    this.#answered.add(callId);
  }

  /** Takes the end: all calls must have been answered. */
  end(): void {
    for (const [id, node] of this.#open) {
      const problem = "has no 'tool_result' block in the user's next turn";
      throw invalid(node, "content", `'${shown(id)}' ${problem}`);
    }
  }
}

function invalid(
  node: RequestNode,
  key: string,
  problem: string,
): GatewayError {
  const message = `Invalid '${node.path(key)}': ${problem}`;
  return node.refuse(key, message, "invalid_value");
}
