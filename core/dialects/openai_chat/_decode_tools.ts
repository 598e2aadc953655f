import type { Tool, ToolChoice } from "../../conversation.ts";
import { decodeCacheControl } from "./_decode_cache_control.ts";
import { isJsonObject, type RequestNode } from "./_decode_node.ts";

/** The tools of a request and how they may be used. */
export interface ToolSettings {
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
}

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
  const tools = (root.nodes("tools") ?? []).map(decodeTool);
  const parallelToolCalls = root.boolean("parallel_tool_calls");
  const settings = decodeChoice(root, tools);
  return {
    ...settings,
    ...(settings.tools && parallelToolCalls !== undefined &&
      { parallelToolCalls }),
  };
}

function decodeTool(node: RequestNode): Tool {
  requireFunctionType(node);
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

/** Hosted and custom tools have no translation; leaving one out would change the answer. */
function requireFunctionType(node: RequestNode): void {
  const type = node.name("type");
  if (type === "function") return;
  throw node.refuse(
    "type",
    `Tools of type ${
      JSON.stringify(type.slice(0, 64))
    } are not supported by this model's provider: only 'function' is`,
    "unsupported_value",
  );
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

function decodeChoice(root: RequestNode, tools: readonly Tool[]): ToolSettings {
  const word = root.raw("tool_choice");
  if (!root.has("tool_choice")) return tools.length > 0 ? { tools } : {};
  if (typeof word === "string") {
    const type = root.choice("tool_choice", ["auto", "none", "required"]);
    if (tools.length > 0) {
      return { tools, toolChoice: { type: type ?? "auto" } };
    }
    if (type === "required") throw notFound(root, "tool_choice", "required");
    return {};
  }
  const choice = root.node("tool_choice");
  if (!choice) return {};
  if (choice.raw("type") === "allowed_tools") {
    return decodeAllowed(choice.requireNode("allowed_tools"), tools);
  }
  const name = decodeChosen(choice, tools);
  return { tools, toolChoice: { type: "tool", name } };
}

/** Allowed tools: the list is cut to them, the mode is the choice (B23). */
function decodeAllowed(
  allowed: RequestNode,
  tools: readonly Tool[],
): ToolSettings {
  const type = allowed.choice("mode", ["auto", "required"]);
  if (!type) throw allowed.missing("mode");
  const names = new Set(
    allowed.nodes("tools")?.map((chosen) => decodeChosen(chosen, tools)),
  );
  if (names.size === 0) throw allowed.missing("tools");
  return {
    tools: tools.filter(({ name }) => names.has(name)),
    toolChoice: { type },
  };
}

/** The name in `{"type":"function","function":{"name"}}`, which must be a tool's. */
function decodeChosen(choice: RequestNode, tools: readonly Tool[]): string {
  requireFunctionType(choice);
  const chosen = choice.requireNode("function");
  const name = chosen.name("name");
  if (tools.some((tool) => tool.name === name)) return name;
  throw notFound(chosen, "name", name);
}

function notFound(node: RequestNode, key: string, name: string): Error {
  return node.refuse(
    key,
    `Tool choice '${name.slice(0, 64)}' not found in 'tools' parameter`,
    "invalid_value",
  );
}
