import type { Conversation, Tool } from "../../conversation.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Encoding } from "./_encoding.ts";
import { isObject, type JsonObject } from "../_json.ts";
import { knownSchema } from "./_schema.ts";

/** Encodes the tools as function declarations, as JSON texts. */
export function encodeTools(
  { tools = [] }: Conversation,
  encoding: Encoding,
): string[] {
  return tools.map((tool, index) =>
    encodeTool(tool, `tools[${index}].function`, encoding)
  );
}

/** Encodes the choice of tool as JSON; `undefined` leaves it to the provider (D22, O4, A29). */
export function encodeToolChoice(
  { tools = [], parallelToolCalls, toolChoice }: Conversation,
  { losses, provider }: Encoding,
): string | undefined {
  const forced = toolChoice?.type === "required" || toolChoice?.type === "tool";
  if (tools.length === 0) {
    if (!forced) return undefined;
    throw cannotCarry(
      "tool_choice",
      "require a tool call without tools",
      "invalid_value",
    );
  }
  if (parallelToolCalls === false) {
    losses.add("dropped", "parallel_tool_calls", provider);
  }
  switch (toolChoice?.type) {
    case undefined:
      return undefined;
    case "tool":
      return mode("ANY", [toolChoice.name]);
    case "required":
      return mode("ANY");
    case "auto":
      return mode("AUTO");
    case "none":
      return mode("NONE");
  }
}

function mode(word: string, names?: readonly string[]): string {
  const allowed = names === undefined
    ? ""
    : `,"allowedFunctionNames":${JSON.stringify(names)}`;
  return `{"functionCallingConfig":{"mode":"${word}"${allowed}}}`;
}

function encodeTool(tool: Tool, param: string, encoding: Encoding): string {
  const description = tool.description
    ? `,"description":${JSON.stringify(tool.description)}`
    : "";
  const { schema, lost } = knownSchema(tool.parameters);
  if (tool.strict === true) {
    const { losses } = encoding;
    losses.add("dropped", `${param}.strict`, encoding.provider);
    if (lost.length > 0) {
      losses.add(
        "changed",
        `${param}.parameters`,
        `not enforced as given: ${lost.join(" ")}`,
      );
    }
  }
  const parameters = isEmpty(schema)
    ? ""
    : `,"parametersJsonSchema":${JSON.stringify(withType(schema))}`;
  return `{"name":${JSON.stringify(tool.name)}${description}${parameters}}`;
}

/** The provider refuses an object without properties: a tool without arguments has no schema. */
function isEmpty({ type, properties, ...rest }: JsonObject): boolean {
  if (type !== undefined && type !== "object") return false;
  if (isObject(properties) && Object.keys(properties).length > 0) return false;
  return !("$ref" in rest || "anyOf" in rest || "oneOf" in rest ||
    isObject(rest.additionalProperties) || rest.additionalProperties === true);
}

function withType(schema: JsonObject): JsonObject {
  return "type" in schema || "$ref" in schema
    ? schema
    : { type: "object", ...schema };
}
