import type { JsonDocument } from "../../json_document.ts";
import {
  invalidRequest,
  isJsonObject,
  type JsonObject,
  RequestNode,
} from "../openai_chat/_decode_node.ts";

/**
 * The cheap check of a Gemini request that passes to its provider as it is: it
 * has contents, and these are objects. What is in them is the provider's to judge.
 *
 * @throws {GatewayError} 400 naming the field (K17).
 */
export function checkGeminiRequest(
  { value }: Pick<JsonDocument, "value">,
): void {
  checkContents(value);
}

/** The same for a question for a count of tokens: contents, or a whole request (C37). */
export function checkGeminiCount({ value }: Pick<JsonDocument, "value">): void {
  const request = value.generateContentRequest ??
    value.generate_content_request;
  if (request === undefined || request === null) return checkContents(value);
  if (isJsonObject(request)) return checkContents(request);
  const root = new RequestNode(value, []);
  throw root.wrongType("generateContentRequest", "an object");
}

function checkContents(value: JsonObject): void {
  const { contents } = value;
  if (isJsonObject(contents)) return;
  const root = new RequestNode(value, []);
  if (!root.has("contents")) throw root.missing("contents");
  if (!Array.isArray(contents)) {
    throw root.wrongType("contents", "an array of objects");
  }
  if (contents.length === 0) {
    throw root.refuse(
      "contents",
      "Invalid 'contents': empty array. Expected at least one content",
      "empty_array",
    );
  }
  const index = contents.findIndex((content: unknown) =>
    !isJsonObject(content)
  );
  if (index < 0) return;
  const param = `contents[${index}]`;
  throw invalidRequest(
    `Invalid '${param}': expected an object with 'role' and 'parts'`,
    { code: "invalid_type", param },
  );
}
