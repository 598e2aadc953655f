import type { Conversation, Tool } from "../../conversation.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import { constrainedSchema } from "../anthropic/_schema.ts";
import { cachePoint, type Encoding } from "./_encoding.ts";
import { wireToolName } from "./_names.ts";

/** What stands for the schema of a tool that the caller no longer offers. */
const ANY_INPUT = `{"json":{"type":"object"}}`;

/**
 * Encodes `toolConfig` as JSON; `undefined` where there are no tools (E13, E15).
 *
 * A history with calls must come with tools: those that the caller no longer
 * offers are named without a schema. A choice of `none` has no word here; the
 * tools are left out, unless the history needs them.
 */
export function encodeToolConfig(
  conversation: Conversation,
  encoding: Encoding,
): string | undefined {
  const { tools = [], toolChoice, parallelToolCalls } = conversation;
  const { losses, provider } = encoding;
  const called = calledTools(conversation);
  if (toolChoice?.type === "none" && called.size === 0) return undefined;
  const encoded = tools.map((tool, index) =>
    encodeTool(tool, `tools[${index}].function`, encoding)
  );
  if (tools.length === 0) {
    if (toolChoice?.type === "required" || toolChoice?.type === "tool") {
      throw cannotCarry(
        "tool_choice",
        "require a tool call without tools",
        "invalid_value",
      );
    }
    for (const [name, param] of called) {
      losses.add("approximated", "tools", "those of the history, unoffered");
      encoded.push(
        `{"toolSpec":{"name":${
          JSON.stringify(wireToolName(name, param))
        },"inputSchema":${ANY_INPUT}}}`,
      );
    }
  }
  if (encoded.length === 0) return undefined;
  if (parallelToolCalls === false) {
    losses.add("dropped", "parallel_tool_calls", provider);
  }
  const choice = encodeChoice(conversation, encoding);
  return `{"tools":[${encoded.join()}]${choice}}`;
}

/** The names of the tools that the history calls, each with its first place. */
function calledTools({ messages }: Conversation): Map<string, string> {
  const called = new Map<string, string>();
  for (const [index, { parts }] of messages.entries()) {
    for (const part of parts) {
      if (part.type !== "tool_call" || called.has(part.name)) continue;
      called.set(part.name, `messages[${index}].tool_calls`);
    }
  }
  return called;
}

/** Encodes the choice as a member with its comma in front (O4). */
function encodeChoice(
  { toolChoice }: Conversation,
  { losses, traits }: Encoding,
): string {
  if (toolChoice === undefined) return "";
  if (toolChoice.type === "none") {
    losses.add("approximated", "tool_choice", "the history needs the tools");
    return "";
  }
  if (toolChoice.type === "auto") return `,"toolChoice":{"auto":{}}`;
  if (!traits.claude.forcedTools) {
    const detail = "this model can't be forced: auto";
    losses.add("approximated", "tool_choice", detail);
    return `,"toolChoice":{"auto":{}}`;
  }
  if (toolChoice.type !== "tool") return `,"toolChoice":{"any":{}}`;
  const name = wireToolName(toolChoice.name, "tool_choice.function.name");
  return `,"toolChoice":{"tool":{"name":${JSON.stringify(name)}}}`;
}

function encodeTool(tool: Tool, param: string, encoding: Encoding): string {
  const { losses, provider, traits } = encoding;
  const name = JSON.stringify(wireToolName(tool.name, `${param}.name`));
  const description = tool.description?.trim()
    ? `,"description":${JSON.stringify(tool.description)}`
    : "";
  const isStrict = tool.strict === true && traits.schemas;
  if (tool.strict === true && !isStrict) {
    losses.add("dropped", `${param}.strict`, provider);
  }
  const { schema, lost } = isStrict
    ? constrainedSchema(tool.parameters)
    : { schema: tool.parameters, lost: [] };
  if (lost.length > 0) {
    const detail = `not enforced as given: ${lost.join(" ")}`;
    losses.add("changed", `${param}.parameters`, detail);
  }
  const json = JSON.stringify(
    "type" in schema ? schema : { type: "object", ...schema },
  );
  const strict = isStrict ? `,"strict":true` : "";
  return `{"toolSpec":{"name":${name}${description},"inputSchema":{"json":${json}}${strict}}}` +
    cachePoint(tool.cacheControl, encoding, "tools");
}
