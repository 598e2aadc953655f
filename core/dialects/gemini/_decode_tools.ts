import type { Conversation, Tool, ToolChoice } from "../../conversation.ts";
import {
  invalidType,
  isJsonObject,
  type RequestNode,
} from "../openai_chat/_decode_node.ts";
import { plainSchema } from "./_plain_schema.ts";
import { nodesOf, unsupported } from "./_request_nodes.ts";

const DECLARATION_MEMBERS: ReadonlySet<string> = new Set([
  "name",
  "description",
  "parameters",
  "parametersJsonSchema",
]);
const CONFIG_MEMBERS: ReadonlySet<string> = new Set(["functionCallingConfig"]);
const CALLING_MEMBERS: ReadonlySet<string> = new Set([
  "mode",
  "allowedFunctionNames",
]);
const MODES = [
  "AUTO",
  "ANY",
  "NONE",
  "VALIDATED",
  "MODE_UNSPECIFIED",
] as const;

/** Reads `tools` and `toolConfig` (D20, D22, O4). */
export function decodeTools(
  root: RequestNode,
): Pick<Conversation, "tools" | "toolChoice"> {
  const tools = nodesOf(root, "tools").flatMap(decodeToolGroup);
  const config = root.node("toolConfig");
  config?.noteUnknown(CONFIG_MEMBERS);
  const calling = config?.node("functionCallingConfig");
  if (!calling) return tools.length > 0 ? { tools } : {};
  calling.noteUnknown(CALLING_MEMBERS);
  return decodeChoice(calling, tools);
}

/** Of one entry the functions; the provider's own tools can't be left out (B22). */
function decodeToolGroup(group: RequestNode): Tool[] {
  const hosted = group.keys().find((key) =>
    key !== "functionDeclarations" && group.has(key)
  );
  if (hosted !== undefined) {
    throw unsupported(group, {
      key: hosted,
      what: `The tool '${hosted.slice(0, 64)}' is`,
    });
  }
  return nodesOf(group, "functionDeclarations").map(decodeDeclaration);
}

function decodeDeclaration(node: RequestNode): Tool {
  node.noteUnknown(DECLARATION_MEMBERS);
  const description = node.string("description");
  return {
    name: node.name("name"),
    ...(description !== undefined && { description }),
    parameters: decodeParameters(node),
  };
}

function decodeParameters(node: RequestNode): Tool["parameters"] {
  const key = node.has("parametersJsonSchema")
    ? "parametersJsonSchema"
    : "parameters";
  if (!node.has(key)) return { type: "object", properties: {} };
  const value = node.raw(key);
  if (!isJsonObject(value)) throw node.wrongType(key, "an object");
  const schema = key === "parameters" ? plainSchema(value) : value;
  if (schema.type === "object") return schema;
  if (schema.type === undefined) return { type: "object", ...schema };
  throw node.refuse(
    key,
    `Invalid '${node.path(key)}': its 'type' must be 'object'`,
    "invalid_value",
  );
}

/** Reads the mode; names that are allowed leave only these functions (B23). */
function decodeChoice(
  calling: RequestNode,
  tools: readonly Tool[],
): Pick<Conversation, "tools" | "toolChoice"> {
  const mode = calling.choice("mode", MODES) ?? "AUTO";
  const names = decodeNames(calling, tools);
  const isForced = mode === "ANY";
  if (tools.length === 0) {
    if (!isForced) return {};
    throw calling.refuse(
      "mode",
      `Invalid '${calling.path("mode")}': there is no function to call`,
      "invalid_value",
    );
  }
  if (mode === "VALIDATED") calling.note("mode");
  const [name, ...more] = names;
  if (isForced && name !== undefined && more.length === 0) {
    return { tools, toolChoice: { type: "tool", name } };
  }
  const isFiltered = names.length > 0 && mode !== "NONE";
  return {
    tools: isFiltered
      ? tools.filter(({ name }) => names.includes(name))
      : tools,
    ...(mode !== "MODE_UNSPECIFIED" && { toolChoice: choiceOf(mode) }),
  };
}

function choiceOf(mode: (typeof MODES)[number]): ToolChoice {
  if (mode === "ANY") return { type: "required" };
  return { type: mode === "NONE" ? "none" : "auto" };
}

function decodeNames(
  calling: RequestNode,
  tools: readonly Tool[],
): readonly string[] {
  const key = "allowedFunctionNames";
  const names = calling.raw(key) ?? [];
  if (!Array.isArray(names)) {
    throw calling.wrongType(key, "an array of strings");
  }
  return names.map((name: unknown, index) => {
    const param = `${key}[${index}]`;
    if (typeof name !== "string") {
      throw invalidType(calling.path(param), {
        expected: "a string",
        value: name,
      });
    }
    if (tools.some((tool) => tool.name === name)) return name;
    throw calling.refuse(
      param,
      `Invalid '${calling.path(param)}': there is no such function in 'tools'`,
      "invalid_value",
    );
  });
}
