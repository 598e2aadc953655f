import type { Tool, ToolChoice } from "../../conversation.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";
import {
  decodeParameters,
  type ToolSettings,
} from "../openai_chat/_decode_tools.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "parameters",
  "strict",
]);

/** Reads `tools`, `tool_choice` and `parallel_tool_calls` (B20, B22, B23, O4). */
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
  const name = node.name("name");
  const description = node.string("description");
  const strict = node.boolean("strict");
  return {
    name,
    ...(description !== undefined && { description }),
    parameters: decodeParameters(node),
    ...(strict !== undefined && { strict }),
  };
}

/** Hosted and custom tools have no translation; leaving one out would change the answer (B22). */
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

function decodeChoice(root: RequestNode, tools: readonly Tool[]): ToolSettings {
  const told = root.raw("tool_choice");
  if (!root.has("tool_choice")) return tools.length > 0 ? { tools } : {};
  if (typeof told === "string") {
    const type = root.choice("tool_choice", ["auto", "none", "required"]);
    if (tools.length > 0) {
      return { tools, toolChoice: { type: type ?? "auto" } };
    }
    if (type === "required") {
      throw notFound(root, { key: "tool_choice", name: type });
    }
    return {};
  }
  const choice = root.node("tool_choice");
  if (!choice) return {};
  if (choice.raw("type") === "allowed_tools") {
    return decodeAllowed(choice, tools);
  }
  const toolChoice: ToolChoice = {
    type: "tool",
    name: decodeChosen(choice, tools),
  };
  return { tools, toolChoice };
}

/** Allowed tools: the list is cut to them, the mode is the choice (B23). */
function decodeAllowed(
  choice: RequestNode,
  tools: readonly Tool[],
): ToolSettings {
  const type = choice.choice("mode", ["auto", "required"]);
  if (!type) throw choice.missing("mode");
  const names = new Set(
    choice.nodes("tools")?.map((chosen) => decodeChosen(chosen, tools)),
  );
  if (names.size === 0) throw choice.missing("tools");
  return {
    tools: tools.filter(({ name }) => names.has(name)),
    toolChoice: { type },
  };
}

/** The name in `{"type":"function","name"}`, which must be a tool's. */
function decodeChosen(choice: RequestNode, tools: readonly Tool[]): string {
  requireFunctionType(choice);
  const name = choice.name("name");
  if (tools.some((tool) => tool.name === name)) return name;
  throw notFound(choice, { key: "name", name });
}

function notFound(
  node: RequestNode,
  { key, name }: { readonly key: string; readonly name: string },
): Error {
  return node.refuse(
    key,
    `Tool choice '${name.slice(0, 64)}' not found in 'tools' parameter`,
    "invalid_value",
  );
}
