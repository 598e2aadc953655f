import { missing, wrongType, wrongValue } from "./_api_error.ts";
import { isObject } from "./_json_fields.ts";

/** A function that the caller offers. */
export interface ChatTool {
  readonly name: string;
  /** JSON Schema of the arguments. */
  readonly parameters: unknown;
}

/** Most tools in one request. */
const MAX_TOOLS = 128;

/** Checks and reads `tools`. */
export function readTools(tools: unknown): readonly ChatTool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw wrongType("tools", "an array");
  if (tools.length > MAX_TOOLS) {
    throw wrongValue("tools", `at most ${MAX_TOOLS}`);
  }
  return tools.map((tool: unknown, i) => {
    if (!isObject(tool)) throw wrongType(`tools[${i}]`, "an object");
    if (tool["type"] !== "function") {
      throw wrongValue(`tools[${i}].type`, "function");
    }
    const offered = tool["function"];
    if (!isObject(offered)) throw missing(`tools[${i}].function`);
    const name = offered["name"];
    if (typeof name !== "string" || name === "") {
      throw missing(`tools[${i}].function.name`);
    }
    const parameters = offered["parameters"] ?? {};
    if (!isObject(parameters)) {
      throw wrongType(`tools[${i}].function.parameters`, "an object");
    }
    return { name, parameters };
  });
}

/** Checks `tool_choice`: the tool that may be called, `undefined` where none may. */
export function readToolChoice(
  choice: unknown,
  tools: readonly ChatTool[],
): ChatTool | undefined {
  if (choice === undefined || choice === null) return tools[0];
  if (choice === "none") return undefined;
  if (tools.length === 0) {
    throw wrongValue("tool_choice", "none, as there are no tools");
  }
  if (choice === "auto" || choice === "required") return tools[0];
  const named = isObject(choice) && choice["type"] === "function"
    ? choice["function"]
    : undefined;
  if (!isObject(named)) {
    throw wrongValue(
      "tool_choice",
      "none, auto, required or a function by its name",
    );
  }
  const tool = tools.find(({ name }) => name === named["name"]);
  if (tool !== undefined) return tool;
  throw wrongValue("tool_choice.function.name", "the name of one of the tools");
}
