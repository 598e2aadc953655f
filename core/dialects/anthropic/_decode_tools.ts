import type { Conversation, Tool, ToolChoice } from "../../conversation.ts";
import { isJsonObject, type RequestNode } from "../openai_chat/_decode_node.ts";
import { decodeCacheControl } from "./_decode_cache_control.ts";
import { requireType } from "./_decode_media.ts";

const TOOL_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "strict",
  "cache_control",
  // How the input is streamed: a translated stream decides by itself.
  "eager_input_streaming",
]);
const CHOICE_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "name",
  "disable_parallel_tool_use",
]);

/** Reads `tools` and `tool_choice` (A29, C41, C42, O4). */
export function decodeTools(
  root: RequestNode,
): Pick<Conversation, "tools" | "toolChoice" | "parallelToolCalls"> {
  const tools = (root.nodes("tools") ?? []).map(decodeTool);
  const choice = root.node("tool_choice");
  if (!choice) return tools.length > 0 ? { tools } : {};
  choice.noteUnknown(CHOICE_MEMBERS);
  const toolChoice = decodeChoice(choice, tools);
  const isSingle = choice.boolean("disable_parallel_tool_use");
  if (tools.length === 0) return {};
  return {
    tools,
    toolChoice,
    ...(isSingle !== undefined && { parallelToolCalls: !isSingle }),
  };
}

function decodeTool(node: RequestNode): Tool {
  const type = node.string("type") ?? "custom";
  if (type !== "custom") {
    // The provider's own tools have no translation, and one less changes the answer.
    throw node.refuse(
      "type",
      `Tools of type ${
        JSON.stringify(type.slice(0, 64))
      } are not supported by this model's provider`,
      "unsupported_value",
    );
  }
  noteUnknown(node);
  const name = node.name("name");
  const description = node.string("description");
  const strict = node.boolean("strict");
  return {
    name,
    ...(description !== undefined && { description }),
    parameters: decodeSchema(node),
    ...(strict !== undefined && { strict }),
    ...decodeCacheControl(node),
  };
}

/** Notes what has no word, unless it says what is so anyway. */
function noteUnknown(node: RequestNode): void {
  const callers = node.raw("allowed_callers");
  const isDirect = Array.isArray(callers) && callers.length === 1 &&
    callers[0] === "direct";
  const neutral = new Set(TOOL_MEMBERS);
  if (isDirect) neutral.add("allowed_callers");
  if (node.raw("defer_loading") === false) neutral.add("defer_loading");
  node.noteUnknown(neutral);
}

function decodeSchema(node: RequestNode): Tool["parameters"] {
  const schema = node.raw("input_schema");
  if (!node.has("input_schema")) throw node.missing("input_schema");
  if (!isJsonObject(schema)) throw node.wrongType("input_schema", "an object");
  if (schema.type === "object") return schema;
  if (schema.type === undefined) return { type: "object", ...schema };
  throw node.refuse(
    "input_schema",
    `Invalid '${node.path("input_schema")}': its 'type' must be 'object'`,
    "invalid_value",
  );
}

function decodeChoice(
  choice: RequestNode,
  tools: readonly Tool[],
): ToolChoice {
  const type = requireType(choice, ["auto", "any", "tool", "none"]);
  if (type === "auto" || type === "none") return { type };
  const name = type === "tool" ? choice.name("name") : undefined;
  const isThere = name === undefined
    ? tools.length > 0
    : tools.some((tool) => tool.name === name);
  if (!isThere) {
    const key = name === undefined ? "type" : "name";
    throw choice.refuse(
      key,
      `Invalid '${choice.path(key)}': there is no such tool in 'tools'`,
      "invalid_value",
    );
  }
  return name === undefined ? { type: "required" } : { type: "tool", name };
}
