import type { FinishClass } from "../../answer.ts";
import { isJsonObject, type JsonObject } from "../openai_chat/_decode_node.ts";

/** How an answer ended, in the words of a response. */
export interface ResponsesFinish {
  readonly status: "completed" | "incomplete" | "failed";
  /** `incomplete_details.reason`. */
  readonly reason?: "max_output_tokens" | "content_filter";
}

/** Writes why an answer ended (B12, B13, O1). A refusal in words is a complete answer. */
export function encodeResponsesFinish(
  finish: FinishClass,
  hasRefusal: boolean,
): ResponsesFinish {
  switch (finish) {
    case "stop":
    case "tool":
      return { status: "completed" };
    case "length":
      return { status: "incomplete", reason: "max_output_tokens" };
    case "refusal":
      return hasRefusal
        ? { status: "completed" }
        : { status: "incomplete", reason: "content_filter" };
    case "filter":
      return { status: "incomplete", reason: "content_filter" };
    case "error":
      return { status: "failed" };
  }
}

/** Reads why a response ended (B12, B13, O1). */
export function decodeResponsesFinish(response: JsonObject): FinishClass {
  const { status, incomplete_details: details, output } = response;
  if (status === "failed" || status === "cancelled") return "error";
  if (status === "incomplete") {
    const reason = isJsonObject(details) ? details.reason : undefined;
    return reason === "content_filter" ? "filter" : "length";
  }
  const items = Array.isArray(output) ? output : [];
  if (items.some(isCall)) return "tool";
  return items.some(hasRefusal) ? "refusal" : "stop";
}

function isCall(item: unknown): boolean {
  return isJsonObject(item) &&
    (item.type === "function_call" || item.type === "custom_tool_call");
}

function hasRefusal(item: unknown): boolean {
  return isJsonObject(item) && Array.isArray(item.content) &&
    item.content.some((part: unknown) =>
      isJsonObject(part) && part.type === "refusal"
    );
}
