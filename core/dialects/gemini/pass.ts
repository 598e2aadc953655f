import type { JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { decodeErrorAnswer } from "./errors.ts";
import { passGeminiAnswer } from "./pass_answer.ts";
import { passGeminiRequest } from "./pass_request.ts";
import { GeminiPassStream } from "./pass_stream.ts";

/** A Gemini request on its way to a provider of the same dialect, with the smallest edit. */
export function passGemini(
  document: JsonDocument,
  { target, stream, keeping }: PassOptions,
): Translation {
  const { model } = target;
  return {
    request: passGeminiRequest(document, target, { stream }),
    answer: (body) => passGeminiAnswer(body, { model }),
    stream: () =>
      new GeminiPassStream({ model, thought: keeping?.collector() }),
    error: (status, headers, body) =>
      decodeErrorAnswer({ status, headers, body }),
  };
}
