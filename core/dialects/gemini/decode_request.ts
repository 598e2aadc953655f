import { withExactMembers } from "../../_json_exact.ts";
import type { Conversation } from "../../conversation.ts";
import type { DecodeOptions } from "../../dialect.ts";
import type { JsonDocument } from "../../json_document.ts";
import { isJsonObject, RequestNode } from "../openai_chat/_decode_node.ts";
import { withCamelNames } from "./_camel_names.ts";
import { decodeContents } from "./_decode_contents.ts";
import { decodeSettings } from "./_decode_settings.ts";
import { decodeTools } from "./_decode_tools.ts";

/** Fields that are read. */
const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "generationConfig",
]);
/** Fields that must not be left out: what they stand for is a part of the request. */
const REFUSED: ReadonlySet<string> = new Set([
  "cachedContent",
  "continuationToken",
]);
const SAFETY = "safetySettings";
/** Members whose numbers are handed on as they are. */
const EXACT = ["contents", "tools"];

/**
 * Decodes a request to `generateContent` into the canonical Conversation (D3–D12, D20–D23).
 *
 * The model and whether a stream is wanted stand in the path: `options` tells
 * them. Fields that are set and have no canonical word are named in `unmapped`;
 * what must not be lost is refused instead.
 *
 * @throws {GatewayError} 400 naming the field at fault in `param` (K17).
 */
export function decodeGeminiRequest(
  document: JsonDocument,
  { model = "", stream = false }: DecodeOptions = {},
): Conversation {
  const value = plainValue(document);
  const unmapped: string[] = [];
  const root = new RequestNode(value, unmapped);
  for (const key of Object.keys(value)) judgeField(root, key);
  const messages = decodeContents(root);
  const safety = value[SAFETY];
  return {
    model,
    messages,
    ...decodeTools(root),
    ...decodeSettings(root),
    stream,
    unmapped,
    ...(root.has(SAFETY) && { extras: new Map([[SAFETY, safety]]) }),
  };
}

/** The request as the decoder reads it: names in camel case, numbers in schemas and arguments exact (M15). */
function plainValue(document: JsonDocument): JsonDocument["value"] {
  const value = withCamelNames(
    withExactMembers(document, EXACT),
    document.text,
  );
  const config = value.generationConfig;
  if (!isJsonObject(config) || !hasSchema(config)) return value;
  const keys = ["generationConfig", "generation_config"];
  const exact = withExactMembers(document, keys);
  if (exact === document.value) return value;
  const { responseSchema, responseJsonSchema } = withCamelNames(
    exact,
    document.text,
  ).generationConfig as Record<string, unknown>;
  // The settings themselves are read as numbers.
  const generationConfig = {
    ...config,
    ...(responseSchema !== undefined && { responseSchema }),
    ...(responseJsonSchema !== undefined && { responseJsonSchema }),
  };
  return { ...value, generationConfig };
}

function hasSchema(config: Readonly<Record<string, unknown>>): boolean {
  return config.responseSchema !== undefined ||
    config.responseJsonSchema !== undefined;
}

function judgeField(root: RequestNode, key: string): void {
  if (KNOWN.has(key) || !root.has(key) || isEmpty(root.raw(key))) return;
  if (!REFUSED.has(key)) return root.note(key);
  throw root.refuse(
    key,
    `The field '${key}' is not supported by this model's provider`,
    "unsupported_parameter",
  );
}

/** What is empty asks for nothing. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === "" || isJsonObject(value) && Object.keys(value).length === 0;
}
