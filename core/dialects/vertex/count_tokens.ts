import { exactMember } from "../../_json_exact.ts";
import { type CountDialect, NOT_COUNTED } from "../../count_dialect.ts";
import { UpstreamError } from "../../errors.ts";
import { editJsonDocument } from "../../json_document.ts";
import { parseJsonText } from "../../parse_json_text.ts";
import { isObject } from "../_json.ts";
import { anthropicCount } from "../anthropic/count_tokens.ts";
import { editsFor } from "../anthropic/pass_request.ts";
import { COUNT_REQUEST, geminiCount } from "../gemini/count_tokens.ts";
import { vertexClaudeProvider } from "./claude.ts";
import { vertexGeminiProvider } from "./gemini.ts";
import { modelPath } from "./_model_path.ts";

/** What Vertex AI takes of a Gemini request to count its tokens: less than the Gemini API. */
const COUNTED: ReadonlySet<string> = new Set([
  "contents",
  "systemInstruction",
  "system_instruction",
  "tools",
  "generationConfig",
  "generation_config",
]);
/** One address counts for all Claudes. */
const CLAUDE_PATH = "/publishers/anthropic/models/count-tokens:rawPredict";
/** How it says that it does not count for one. */
const UNCOUNTED = /not supported for token counting/i;

/** Counts of tokens of Gemini on Vertex AI (C37, D29). */
export const vertexGeminiCount: CountDialect = {
  passCount(client, document, { model }) {
    if (client.name !== "gemini") return undefined;
    // What the Gemini API takes as a whole request stands for itself here.
    const key = COUNT_REQUEST.find((name) => isObject(document.value[name]));
    const members = key === undefined
      ? Object.keys(document.value).map((name) =>
        [name, exactMember(document, name)] as const
      )
      : Object.entries(exactMember(document, key) as object);
    return counted(model, members);
  },
  encodeCount(conversation, target) {
    const { body } = vertexGeminiProvider.encodeRequest(conversation, target);
    const members = Object.entries(parseJsonText(body) as object);
    return counted(target.model, members);
  },
  decodeCount: geminiCount.decodeCount,
  decodeError: geminiCount.decodeError,
};

function counted(
  model: string,
  members: readonly (readonly [name: string, value: unknown])[],
) {
  const kept = members.filter(([name]) => COUNTED.has(name));
  return {
    path: `${modelPath(model)}:countTokens`,
    headers: {},
    body: JSON.stringify(Object.fromEntries(kept)),
  };
}

/** Counts of tokens of Claude on Vertex AI, which names its model in the body here, and without a version. */
export const vertexClaudeCount: CountDialect = {
  passCount(client, document, target) {
    if (client.name !== "anthropic") return undefined;
    const edits = editsFor(document, target);
    edits.set("model", JSON.stringify(bareName(target.model)));
    const body = editJsonDocument(document, edits);
    return { path: CLAUDE_PATH, headers: {}, body };
  },
  encodeCount(conversation, target) {
    const model = bareName(target.model);
    const { body } = anthropicCount.encodeCount(conversation, {
      ...target,
      model,
    });
    return { path: CLAUDE_PATH, headers: {}, body };
  },
  decodeCount: anthropicCount.decodeCount,
  decodeError(status, headers, body) {
    const error = vertexClaudeProvider.decodeError(status, headers, body);
    // Not all locations count, and not for all models.
    if (status !== 404 && !UNCOUNTED.test(error.message)) return error;
    const { kind, message } = error;
    return new UpstreamError(kind, message, { code: NOT_COUNTED, status });
  },
};

function bareName(model: string): string {
  return (modelPath(model).split("/").at(-1) ?? model).split("@", 1)[0] ?? "";
}
