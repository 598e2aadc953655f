import { parseJsonText } from "../../parse_json_text.ts";
import type { CountDialect } from "../../count_dialect.ts";
import { anthropicCount } from "../anthropic/count_tokens.ts";
import { geminiCount } from "../gemini/count_tokens.ts";
import { vertexClaudeProvider } from "./claude.ts";
import { vertexGeminiProvider } from "./gemini.ts";
import { modelPath } from "./_model_path.ts";

/** What Vertex AI takes of a Gemini request to count its tokens: less than the Gemini API. */
const COUNTED: ReadonlySet<string> = new Set([
  "contents",
  "systemInstruction",
  "tools",
]);
/** One address counts for all Claudes. */
const CLAUDE_PATH = "/publishers/anthropic/models/count-tokens:rawPredict";

/** Counts of tokens of Gemini on Vertex AI (C37, D29). */
export const vertexGeminiCount: CountDialect = {
  encodeCount(conversation, target) {
    const request = vertexGeminiProvider.encodeRequest(conversation, target);
    const members = Object.entries(
      parseJsonText(request.body) as object,
    );
    const counted = members.filter(([name]) => COUNTED.has(name));
    return {
      ...request,
      path: `${modelPath(target.model)}:countTokens`,
      body: JSON.stringify(Object.fromEntries(counted)),
    };
  },
  decodeCount: geminiCount.decodeCount,
  decodeError: geminiCount.decodeError,
};

/** Counts of tokens of Claude on Vertex AI, which names its model in the body here. */
export const vertexClaudeCount: CountDialect = {
  encodeCount(conversation, target) {
    const { body } = anthropicCount.encodeCount(conversation, target);
    return { path: CLAUDE_PATH, headers: {}, body };
  },
  decodeCount: anthropicCount.decodeCount,
  decodeError: vertexClaudeProvider.decodeError,
};
