import type { Conversation, Tool, ToolChoice } from "../../conversation.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Encoding } from "./_encoding.ts";
import type { JsonObject } from "../_json.ts";
import { constrainedSchema } from "./_schema.ts";

/** Encodes the tools as JSON texts. */
export function encodeTools(
  { tools = [] }: Conversation,
  encoding: Encoding,
): string[] {
  return tools.map((tool, index) =>
    encodeTool(tool, `tools[${index}].function`, encoding)
  );
}

/** Whether the model is made to call a tool. */
export function forcesTool(
  { toolChoice }: Conversation,
  encoding: Encoding,
): boolean {
  return encoding.traits.forcedTools &&
    (toolChoice?.type === "required" || toolChoice?.type === "tool");
}

/** Encodes the choice of tool as JSON; `undefined` leaves it to the provider (C42, O4, A29). */
export function encodeToolChoice(
  conversation: Conversation,
  encoding: Encoding,
): string | undefined {
  const { tools = [], parallelToolCalls, toolChoice } = conversation;
  const single = parallelToolCalls === false;
  const forced = toolChoice?.type === "required" || toolChoice?.type === "tool";
  if (tools.length === 0) {
    if (!forced) return undefined;
    throw cannotCarry(
      "tool_choice",
      "require a tool call without tools",
      "invalid_value",
    );
  }
  if (toolChoice === undefined && !single) return undefined;
  const choice = forced && !encoding.traits.forcedTools
    ? unforced(encoding)
    : toolChoice ?? { type: "auto" };
  if (choice.type === "none") return `{"type":"none"}`;
  const type = choice.type === "required" ? "any" : choice.type;
  const name = choice.type === "tool"
    ? `,"name":${JSON.stringify(choice.name)}`
    : "";
  const parallel = single ? `,"disable_parallel_tool_use":true` : "";
  return `{"type":"${type}"${name}${parallel}}`;
}

/** Some models answer a forced choice with a 400: they get `auto` (C14). */
function unforced({ losses }: Encoding): ToolChoice {
  losses.add("approximated", "tool_choice", "this model can't be forced: auto");
  return { type: "auto" };
}

function encodeTool(tool: Tool, param: string, encoding: Encoding): string {
  const name = JSON.stringify(tool.name);
  const description = tool.description
    ? `,"description":${JSON.stringify(tool.description)}`
    : "";
  const isStrict = tool.strict === true && encoding.traits.schemas;
  if (tool.strict === true && !isStrict) {
    encoding.losses.add("dropped", `${param}.strict`, encoding.provider);
  }
  const parameters = isStrict
    ? strictSchema(tool.parameters, param, encoding)
    : tool.parameters;
  const schema = JSON.stringify(
    "type" in parameters ? parameters : { type: "object", ...parameters },
  );
  const strict = isStrict ? `,"strict":true` : "";
  const mark = encoding.cacheMarks.take(tool.cacheControl);
  return `{"name":${name}${description},"input_schema":${schema}${strict}${mark}}`;
}

function strictSchema(
  parameters: JsonObject,
  param: string,
  { losses }: Encoding,
): JsonObject {
  const { schema, lost } = constrainedSchema(parameters);
  if (lost.length > 0) {
    losses.add(
      "changed",
      `${param}.parameters`,
      `not enforced as given: ${lost.join(" ")}`,
    );
  }
  return schema;
}
