import type { Tool } from "../../conversation.ts";
import { decodeToolSettings, type ToolSettings } from "../_openai_tools.ts";
import { decodeCacheControl } from "./_decode_cache_control.ts";
import { isJsonObject, type RequestNode } from "./_decode_node.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "type",
  "function",
  "cache_control",
  "prompt_cache_breakpoint",
]);
const KNOWN_IN_FUNCTION: ReadonlySet<string> = new Set([
  "name",
  "description",
  "parameters",
  "strict",
  "cache_control",
]);

/** Reads `tools`, `tool_choice` and `parallel_tool_calls` (O4, B22, B23, C41). */
export function decodeTools(root: RequestNode): ToolSettings {
  return decodeToolSettings(root, {
    tool: decodeTool,
    allowed: (choice) => choice.requireNode("allowed_tools"),
    chosen: (choice) => choice.requireNode("function"),
  });
}

function decodeTool(node: RequestNode): Tool {
  node.noteUnknown(KNOWN);
  const tool = node.requireNode("function");
  tool.noteUnknown(KNOWN_IN_FUNCTION);
  const name = tool.name("name");
  const description = tool.string("description");
  const strict = tool.boolean("strict");
  const cacheControl = decodeCacheControl(node) ?? decodeCacheControl(tool);
  return {
    name,
    ...(description !== undefined && { description }),
    parameters: decodeParameters(tool),
    ...(strict !== undefined && { strict }),
    ...(cacheControl && { cacheControl }),
  };
}

/** The arguments' schema; none means no arguments. */
export function decodeParameters(tool: RequestNode): Tool["parameters"] {
  if (!tool.has("parameters")) return { type: "object", properties: {} };
  const schema = tool.raw("parameters");
  if (!isJsonObject(schema)) throw tool.wrongType("parameters", "an object");
  if (schema.type === "object") return schema;
  if (schema.type === undefined) return { type: "object", ...schema };
  throw tool.refuse(
    "parameters",
    `Invalid schema for function '${
      tool.name("name").slice(0, 64)
    }': the schema's 'type' must be 'object'`,
    "invalid_function_parameters",
  );
}
