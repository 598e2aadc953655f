import type { FinishClass } from "../../answer.ts";
import { type ErrorKind, UpstreamError } from "../../errors.ts";
import type { MutableJson } from "./_pass_json.ts";
import { decodeChatErrorObject } from "./decode_error.ts";
import { decodeChatFinish, encodeChatFinish } from "./finish.ts";

/** A `finish_reason` fit for the client, and its class. */
export interface PassedFinish {
  readonly reason: string;
  readonly finish: FinishClass;
}

const KIND: ErrorKind = "upstream";

/**
 * Mends a provider's `finish_reason`: whether there are tool calls decides
 * between `stop` and `tool_calls` (A16, J20), words that OpenAI does not know
 * become those of their class (H11), none at all is a `stop`.
 *
 * @throws {UpstreamError} when the answer ended with an error (J2).
 */
export function passFinish(
  choice: MutableJson,
  hasToolCalls: boolean,
): PassedFinish {
  const { finish_reason: told } = choice;
  // The legacy way to call goes with a member of its own.
  if (told === "function_call" && !hasToolCalls) {
    return { reason: told, finish: "tool" };
  }
  const finish = decodeChatFinish(told) ?? "stop";
  if (finish === "error") throw failure(choice);
  const reason = encodeChatFinish(finish, hasToolCalls);
  return { reason, finish: decodeChatFinish(reason) ?? "stop" };
}

function failure({ error }: MutableJson): UpstreamError {
  if (error) return decodeChatErrorObject(error);
  const message = "The provider ended its answer with an error";
  return new UpstreamError(KIND, message, { code: "upstream_error" });
}
