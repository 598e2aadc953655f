import { assert, assertEquals } from "@std/assert";
import type { Conversation, Message, Part, Tool } from "../../conversation.ts";
import type { JsonObject } from "../_json.ts";
import { modelPath } from "./_model_path.ts";
import { encode } from "./_test_encode.ts";
import { hasRecordings, readRecordings } from "./_test_recordings.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";

interface RawPart {
  readonly text?: string;
  readonly thoughtSignature?: string;
  readonly inlineData?: { readonly mimeType: string; readonly data: string };
  readonly functionCall?: { id?: string; name: string; args: object };
  readonly functionResponse?: {
    id?: string;
    name: string;
    response: { result: string };
  };
}

interface RawContent {
  readonly role: "user" | "model";
  readonly parts: readonly RawPart[];
}

interface RawRequest {
  readonly contents: readonly RawContent[];
  readonly systemInstruction?: { role?: string; parts: readonly RawPart[] };
  readonly tools?: readonly [{
    functionDeclarations: readonly {
      readonly name: string;
      readonly description: string;
      readonly parameters: JsonObject;
    }[];
  }];
  readonly toolConfig?: { functionCallingConfig: { mode: "AUTO" } };
  readonly generationConfig: {
    readonly maxOutputTokens?: number;
    readonly responseJsonSchema?: JsonObject;
    readonly thinkingConfig?: { thinkingBudget?: number };
  };
}

/** Types of the provider's own schemas are words in capitals. */
function withLowerTypes(schema: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(schema),
    (key, value) =>
      key === "type" && typeof value === "string" ? value.toLowerCase() : value,
  );
}

/** The recorded request in the canonical vocabulary; ids are set where it has none. */
function read(
  raw: RawRequest,
  more: Pick<Conversation, "model" | "stream">,
): Conversation {
  const messages = raw.contents.map(readContent);
  if (raw.systemInstruction) {
    const parts = raw.systemInstruction.parts.map((part) => readPart(part, 0));
    messages.unshift({ role: "system", parts });
  }
  const tools = raw.tools?.[0].functionDeclarations.map((tool): Tool => ({
    name: tool.name,
    description: tool.description,
    parameters: withLowerTypes(tool.parameters),
  }));
  const { maxOutputTokens, responseJsonSchema, thinkingConfig } =
    raw.generationConfig;
  const budgetTokens = thinkingConfig?.thinkingBudget;
  return {
    ...more,
    messages,
    ...(tools && { tools }),
    ...(raw.toolConfig && { toolChoice: { type: "auto" } }),
    ...(maxOutputTokens && { maxOutputTokens }),
    ...(responseJsonSchema && {
      output: { type: "json_schema", name: "x", schema: responseJsonSchema },
    }),
    ...(thinkingConfig && {
      reasoning: budgetTokens ? { budgetTokens } : { effort: "high" },
    }),
    sampling: {},
    unmapped: [],
  };
}

function readContent({ role, parts }: RawContent): Message {
  return {
    role: role === "model" ? "assistant" : "user",
    parts: parts.map(readPart),
  };
}

function readPart(raw: RawPart, index: number): Part {
  const { text, inlineData, functionCall, functionResponse } = raw;
  const signature = raw.thoughtSignature &&
    { signature: raw.thoughtSignature };
  if (functionCall) {
    const { id = `set ${index}`, name, args } = functionCall;
    return {
      type: "tool_call",
      id,
      name,
      arguments: JSON.stringify(args),
      ...signature,
    };
  }
  if (functionResponse) {
    const { id = `set ${index}`, response } = functionResponse;
    const parts = [{ type: "text", text: response.result }] as const;
    return { type: "tool_result", callId: id, parts };
  }
  if (inlineData) {
    const { mimeType: mediaType, data } = inlineData;
    return { type: "image", mediaType, data };
  }
  return { type: "text", text: text ?? "", ...signature };
}

/** Brings both ways to write the same request together. */
function normalise(request: unknown): unknown {
  return JSON.parse(JSON.stringify(request), function (key, value) {
    if (key === "id" && /^set /.test(value)) return undefined;
    if (key === "systemInstruction") return { parts: value.parts };
    if (key !== "parameters") return value;
    this.parametersJsonSchema = withLowerTypes(value);
    return undefined;
  });
}

Deno.test({
  name:
    `D3, D7, D8, D9, D10, D21: recorded requests come out as the provider took them${note}`,
  ignore,
  fn() {
    let count = 0;
    for (const { name, url, request } of readRecordings()) {
      count++;
      const [, model = "", method] = /models\/(.*?):(.*)$/.exec(url) ?? [];
      const stream = method?.startsWith("stream") ?? false;
      const raw = request as unknown as RawRequest;
      const { body, path, losses } = encode(
        read(raw, { model, stream }),
        model,
      );
      assertEquals(losses, [], name);
      assertEquals(path, `${modelPath(model)}:${method}`);
      assert(url.endsWith(path), url);
      assertEquals(normalise(body), normalise(raw), name);
    }
    assert(count >= 80);
  },
});
