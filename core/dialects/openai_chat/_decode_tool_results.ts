import type { Message } from "../../conversation.ts";
import type { GatewayError } from "../../errors.ts";
import { invalidRequest } from "./_decode_node.ts";
import { shown } from "../_call_faults.ts";

/**
 * Checks that tool calls and tool results belong together (A23): each result
 * answers a call of the assistant turn before it, each call is answered once
 * before anybody else speaks. Calls in the very last message need no result.
 *
 * @throws {GatewayError} 400 naming the message.
 */
export function checkToolResults(messages: readonly Message[]): void {
  /** Calls of the last assistant turn; `true` once answered. */
  const calls = new Map<string, boolean>();
  let turn = -1;
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      noteResult(message, index, calls);
      continue;
    }
    checkAnswered(calls, turn);
    calls.clear();
    turn = index;
    if (message.role === "assistant") noteCalls(message, index, calls);
  }
  if (turn !== messages.length - 1) checkAnswered(calls, turn);
}

function noteCalls(
  { parts }: Message,
  index: number,
  calls: Map<string, boolean>,
): void {
  for (const part of parts) {
    if (part.type !== "tool_call") continue;
    if (calls.has(part.id)) {
      throw invalid(
        `Invalid 'messages[${index}].tool_calls': the id '${
          shown(part.id)
        }' is there twice`,
        `messages[${index}].tool_calls`,
      );
    }
    calls.set(part.id, false);
  }
}

function noteResult(
  { parts }: Message,
  index: number,
  calls: Map<string, boolean>,
): void {
  if (calls.size === 0) {
    throw invalid(
      "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
      `messages[${index}].role`,
    );
  }
  for (const part of parts) {
    if (part.type !== "tool_result") continue;
    const answered = calls.get(part.callId);
    if (answered === false) {
      calls.set(part.callId, true);
      continue;
    }
    throw invalid(
      `Invalid parameter: 'tool_call_id' '${shown(part.callId)}' ${
        answered
          ? "has been answered already"
          : "not found in 'tool_calls' of the previous assistant message"
      }`,
      `messages[${index}].tool_call_id`,
    );
  }
}

function checkAnswered(
  calls: ReadonlyMap<string, boolean>,
  turn: number,
): void {
  const open: string[] = [];
  for (const [id, answered] of calls) if (!answered) open.push(shown(id));
  if (open.length === 0) return;
  throw invalid(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `These had none: ${open.slice(0, 8).join(", ")}`,
    `messages[${turn}].tool_calls`,
  );
}

function invalid(message: string, param: string): GatewayError {
  return invalidRequest(message, { code: "invalid_value", param });
}
