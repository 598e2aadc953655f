import type { Tool } from "../../conversation.ts";
import { decodeToolSettings, type ToolSettings } from "../_openai_tools.ts";
import { decodeCustomTool } from "./_custom_tools.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";
import { decodeParameters } from "../openai_chat/_decode_tools.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "parameters",
  "strict",
]);

/** Reads `tools`, `tool_choice` and `parallel_tool_calls` (B20, B22, B23, O4). */
export function decodeTools(root: RequestNode): ToolSettings {
  return decodeToolSettings(root, {
    tool: decodeTool,
    custom: decodeCustomTool,
    allowed: (choice) => choice,
    chosen: (choice) => choice,
  });
}

function decodeTool(node: RequestNode): Tool {
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
