import type {
  FilePart,
  ImagePart,
  Message,
  Part,
  TextPart,
} from "../../conversation.ts";
import {
  invalidType,
  isJsonObject,
  RequestNode,
} from "../openai_chat/_decode_node.ts";
import { wrapInput } from "./_custom_tools.ts";
import { type ContentType, decodeContent } from "./_decode_content.ts";
import { decodeReasoningItem } from "./_decode_reasoning.ts";
import { Turns } from "./_decode_turns.ts";
import type { ResponsesState } from "./state.ts";

const ROLES = ["user", "assistant", "system", "developer"] as const;
const TYPES = [
  "message",
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "reasoning",
  "item_reference",
] as const;
/** What tools of a provider have done: whole in itself, and of no use to another (B26). */
const PAST: ReadonlySet<unknown> = new Set([
  "web_search_call",
  "file_search_call",
  "code_interpreter_call",
  "image_generation_call",
  "mcp_list_tools",
  "mcp_call",
]);

const INSTRUCTION_TYPES: readonly ContentType[] = ["input_text"];
const USER_TYPES: readonly ContentType[] = [
  "input_text",
  "input_image",
  "input_file",
  "input_audio",
];
const ASSISTANT_TYPES: readonly ContentType[] = ["output_text", "refusal"];
const OUTPUT_TYPES: readonly ContentType[] = [
  "input_text",
  "input_image",
  "input_file",
];

const KNOWN_OF_MESSAGE: ReadonlySet<string> = new Set([
  "type",
  "id",
  "status",
  "role",
  "content",
]);
const KNOWN_OF_CALL: ReadonlySet<string> = new Set([
  "type",
  "id",
  "status",
  "call_id",
  "name",
  "arguments",
]);
const KNOWN_OF_CUSTOM: ReadonlySet<string> = new Set([
  "type",
  "id",
  "status",
  "call_id",
  "name",
  "input",
]);
const KNOWN_OF_OUTPUT: ReadonlySet<string> = new Set([
  "type",
  "id",
  "status",
  "call_id",
  "output",
]);

/** The request's input, where it is and what it may refer to. */
interface Input {
  readonly root: RequestNode;
  readonly unmapped: string[];
  readonly state: ResponsesState | undefined;
  readonly turns: Turns;
}

/**
 * Reads `instructions`, what the gateway remembers, and `input` as messages
 * (B14–B18, B24, B25).
 *
 * @throws {GatewayError} 400 naming the item.
 */
export function decodeInput(
  root: RequestNode,
  { unmapped, state }: {
    readonly unmapped: string[];
    readonly state: ResponsesState | undefined;
  },
): Message[] {
  const turns = new Turns();
  const instructions = root.string("instructions");
  if (instructions) {
    const parts = [{ type: "text", text: instructions } as const];
    turns.addMessage({ role: "system", parts });
  }
  if (state?.previous) turns.addEarlier(state.previous.messages, "input");
  const input = { root, unmapped, state, turns };
  const told = root.raw("input");
  if (typeof told === "string") {
    turns.addMessage({ role: "user", parts: [{ type: "text", text: told }] });
  } else if (root.has("input")) decodeItems(input);
  else if (!state?.previous) throw root.missing("input");
  const messages = turns.messages();
  if (messages.length > (instructions ? 1 : 0)) return messages;
  throw root.refuse(
    "input",
    "Invalid 'input': expected at least one item",
    "empty_array",
  );
}

function decodeItems(input: Input): void {
  const { root } = input;
  if (!Array.isArray(root.raw("input"))) {
    throw root.wrongType("input", "a string or an array of objects");
  }
  (root.nodes("input") ?? []).forEach((node, index) => {
    const place = `input[${index}]`;
    decodeItem(input, node, place);
  });
}

function decodeItem(input: Input, node: RequestNode, place: string): void {
  const { turns } = input;
  // A message may leave its type out, and so may a reference.
  const type = node.has("type") || node.has("role")
    ? node.raw("type") ?? "message"
    : node.has("id")
    ? "item_reference"
    : undefined;
  switch (type) {
    case "message":
      return decodeMessage(node, turns);
    case "function_call":
      return decodeCall(node, turns);
    case "custom_tool_call":
      return decodeCustomCall(node, turns);
    case "function_call_output":
    case "custom_tool_call_output":
      return decodeOutput(node, turns);
    case "reasoning":
      return decodeReasoningItem(node, turns);
    case "item_reference":
      return decodeReference(input, node, place);
    case undefined:
      throw node.missing("type");
  }
  if (typeof type !== "string") throw node.wrongType("type", "a string");
  if (PAST.has(type)) return void input.unmapped.push(place);
  throw node.refuse(
    "type",
    `Items of type ${
      JSON.stringify(type.slice(0, 64))
    } are not supported by this model's provider. Supported types are: ${
      TYPES.map((word) => `'${word}'`).join(", ")
    }`,
    "unsupported_value",
  );
}

function decodeMessage(node: RequestNode, turns: Turns): void {
  node.noteUnknown(KNOWN_OF_MESSAGE);
  if (!node.has("role")) throw node.missing("role");
  const role = node.choice("role", ROLES) ?? "user";
  const types = role === "assistant"
    ? ASSISTANT_TYPES
    : role === "user"
    ? USER_TYPES
    : INSTRUCTION_TYPES;
  const parts = decodeContent(node, { key: "content", types });
  if (role === "assistant") turns.addParts(parts);
  else turns.addMessage({ role, parts });
}

function decodeCall(node: RequestNode, turns: Turns): void {
  node.noteUnknown(KNOWN_OF_CALL);
  const id = node.name("call_id");
  const name = node.name("name");
  const text = node.string("arguments") ?? "";
  turns.addCall({
    type: "tool_call",
    id,
    name,
    arguments: text.trim() === "" ? "{}" : text,
  }, node.path("call_id"));
}

/** A call of a tool that takes free text, as {@linkcode decodeCustomTool} has it. */
function decodeCustomCall(node: RequestNode, turns: Turns): void {
  node.noteUnknown(KNOWN_OF_CUSTOM);
  turns.addCall({
    type: "tool_call",
    id: node.name("call_id"),
    name: node.name("name"),
    arguments: wrapInput(node.string("input") ?? ""),
  }, node.path("call_id"));
}

function decodeOutput(node: RequestNode, turns: Turns): void {
  node.noteUnknown(KNOWN_OF_OUTPUT);
  const callId = node.name("call_id");
  const parts = decodeContent(node, { key: "output", types: OUTPUT_TYPES })
    .filter(isResultPart);
  turns.addResult(
    { type: "tool_result", callId, parts },
    node.path("call_id"),
  );
}

function isResultPart(part: Part): part is TextPart | ImagePart | FilePart {
  return part.type === "text" || part.type === "image" || part.type === "file";
}

/** Only a gateway that keeps answers knows what an id stands for (B17). */
function decodeReference(input: Input, node: RequestNode, place: string): void {
  const id = node.name("id");
  if (!input.state?.item) {
    throw node.refuse(
      "id",
      "Items can't be referred to by id, since this gateway keeps no answers: send the item itself and set 'store' to false",
      "unsupported_value",
    );
  }
  const item = input.state.item(id);
  if (item === undefined) {
    throw node.refuse(
      "id",
      `Item with id '${id.slice(0, 64)}' not found`,
      "invalid_value",
    );
  }
  if (!isJsonObject(item)) {
    throw invalidType(place, { expected: "an object", value: item });
  }
  const kept = new RequestNode(item, input.unmapped, place);
  if (kept.raw("type") === "item_reference") {
    throw node.refuse("id", "A reference refers to another", "invalid_value");
  }
  // Without a `state.item`, so that no reference can follow.
  decodeItem({ ...input, state: undefined }, kept, place);
}
