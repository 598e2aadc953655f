import type { Tool } from "../../conversation.ts";
import type { JsonDocument } from "../../json_document.ts";
import { parseJsonText } from "../../parse_json_text.ts";
import { isJsonObject, type RequestNode } from "../openai_chat/_decode_node.ts";

/** The one argument of the function that stands for a tool of free text. */
const INPUT = "input";
const KNOWN: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "format",
]);

/**
 * Reads a custom tool, which takes free text, as a function with one argument:
 * other providers have no such tools (B20). A grammar is told in words, for
 * nobody else keeps to it.
 */
export function decodeCustomTool(node: RequestNode): Tool {
  node.noteUnknown(KNOWN);
  const name = node.name("name");
  const format = node.node("format");
  const grammar = format?.string("definition");
  if (grammar !== undefined) node.note("format");
  const syntax = format?.string("syntax") ?? "";
  const description = [
    node.string("description") ?? "",
    grammar === undefined
      ? ""
      : `The input must follow this ${syntax} grammar:\n${grammar}`,
  ].filter((words) => words !== "").join("\n\n");
  return {
    name,
    ...(description !== "" && { description }),
    parameters: {
      type: "object",
      properties: { [INPUT]: { type: "string" } },
      required: [INPUT],
      additionalProperties: false,
    },
  };
}

/** The arguments that stand for the text that a custom tool was given. */
export function wrapInput(text: string): string {
  return JSON.stringify({ [INPUT]: text });
}

/** The text in such arguments; what the model has written else is the text itself. */
export function unwrapInput(text: string): string {
  try {
    const value: unknown = parseJsonText(text);
    const input = isJsonObject(value) ? value[INPUT] : undefined;
    return typeof input === "string" ? input : text;
  } catch {
    return text;
  }
}

/** The names of a request's custom tools; absent where it has none. */
export function customNames(
  request: JsonDocument | undefined,
): ReadonlySet<unknown> | undefined {
  const tools = request?.value.tools;
  if (!Array.isArray(tools)) return undefined;
  const names = tools.flatMap((tool: unknown) =>
    isJsonObject(tool) && tool.type === "custom" ? [tool.name] : []
  );
  return names.length === 0 ? undefined : new Set(names);
}
