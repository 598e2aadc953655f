import type { Conversation, Tool } from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import { cacheMark } from "./_encode_site.ts";
import type { MutableJson } from "./_pass_json.ts";

/** Encodes the tools and how they may be used (A29, O4). */
export function encodeTools(
  { tools = [], toolChoice, parallelToolCalls }: Conversation,
  target: DialectTarget,
): MutableJson {
  if (tools.length === 0) {
    if (toolChoice?.type !== "required" && toolChoice?.type !== "tool") {
      return {};
    }
    throw cannotCarry(
      "tool_choice",
      "require a tool call without tools",
      "invalid_value",
    );
  }
  return {
    tools: tools.map((tool) => encodeTool(tool, target)),
    tool_choice: toolChoice?.type === "tool"
      ? { type: "function", function: { name: toolChoice.name } }
      : toolChoice?.type,
    parallel_tool_calls: parallelToolCalls,
  };
}

function encodeTool(tool: Tool, target: DialectTarget): MutableJson {
  const { name, description, parameters, strict, cacheControl } = tool;
  return {
    type: "function",
    function: { name, description, parameters, strict },
    ...cacheMark(cacheControl, target, "tools"),
  };
}
