import type { Tool, ToolChoice } from "../conversation.ts";
import type { RequestNode } from "./openai_chat/_decode_node.ts";

/** The tools of a request and how they may be used. */
export interface ToolSettings {
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
}

/** How one of OpenAI's dialects writes what both have. */
export interface ToolSpelling {
  /** Reads one of the `tools`, a function for certain. */
  readonly tool: (node: RequestNode) => Tool;
  /** Reads one that takes free text. @default {such are refused} */
  readonly custom?: (node: RequestNode) => Tool;
  /** Where a choice among allowed tools has its mode and its list. */
  readonly allowed: (choice: RequestNode) => RequestNode;
  /** Where a chosen function has its name. */
  readonly chosen: (choice: RequestNode) => RequestNode;
}

/** Reads `tools`, `tool_choice` and `parallel_tool_calls` (O4, B20, B22, B23, C41). */
export function decodeToolSettings(
  root: RequestNode,
  spelling: ToolSpelling,
): ToolSettings {
  const tools = (root.nodes("tools") ?? []).map((node) => {
    const { custom, tool } = spelling;
    return isCustom(node, spelling) && custom ? custom(node) : tool(node);
  });
  const parallelToolCalls = root.boolean("parallel_tool_calls");
  const settings = decodeChoice(root, { tools, spelling });
  return {
    ...settings,
    ...(settings.tools && parallelToolCalls !== undefined &&
      { parallelToolCalls }),
  };
}

/** Whether a tool takes free text. Hosted ones have no translation; leaving one out would change the answer (B22). */
function isCustom(node: RequestNode, { custom }: ToolSpelling): boolean {
  const type = node.name("type");
  if (type === "function") return false;
  if (type === "custom" && custom !== undefined) return true;
  throw node.refuse(
    "type",
    `Tools of type ${
      JSON.stringify(type.slice(0, 64))
    } are not supported by this model's provider: only 'function' is`,
    "unsupported_value",
  );
}

interface Offer {
  readonly tools: readonly Tool[];
  readonly spelling: ToolSpelling;
}

function decodeChoice(root: RequestNode, offer: Offer): ToolSettings {
  const { tools, spelling } = offer;
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
    return decodeAllowed(spelling.allowed(choice), offer);
  }
  const toolChoice: ToolChoice = {
    type: "tool",
    name: decodeChosen(choice, offer),
  };
  return { tools, toolChoice };
}

/** Allowed tools: the list is cut to them, the mode is the choice (B23). */
function decodeAllowed(allowed: RequestNode, offer: Offer): ToolSettings {
  const type = allowed.choice("mode", ["auto", "required"]);
  if (!type) throw allowed.missing("mode");
  const names = new Set(
    allowed.nodes("tools")?.map((chosen) => decodeChosen(chosen, offer)),
  );
  if (names.size === 0) throw allowed.missing("tools");
  return {
    tools: offer.tools.filter(({ name }) => names.has(name)),
    toolChoice: { type },
  };
}

/** The name of a chosen function, which must be a tool's. */
function decodeChosen(choice: RequestNode, { tools, spelling }: Offer): string {
  isCustom(choice, spelling);
  const chosen = spelling.chosen(choice);
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
