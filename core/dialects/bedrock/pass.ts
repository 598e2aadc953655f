import { eventStreamFraming } from "../../eventstream_parser.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { betasOf } from "../anthropic/_pass_headers.ts";
import { passMessagesAnswer } from "../anthropic/pass_answer.ts";
import { editsFor } from "../anthropic/pass_request.ts";
import { isKnownBeta } from "./_betas.ts";
import { InvokePassStream } from "./_invoke_stream.ts";
import { modelPath } from "./_model_path.ts";
import { modelTraits } from "./_models.ts";
import { decodeErrorAnswer } from "./errors.ts";

const VERSION = `"bedrock-2023-05-31"`;

/**
 * A Messages request on its way to a Claude on Bedrock, by InvokeModel, whose
 * body is that of the Messages API: the model is in the path, what else
 * stands there in headers is in the body. `undefined` for any other model.
 */
export function passInvoke(
  document: JsonDocument,
  { target, stream, header, keeping }: PassOptions,
): Translation | undefined {
  const { model, losses, provider } = target;
  if (!modelTraits(model).isClaude) return undefined;
  const edits = editsFor(document, target);
  edits.set("model", undefined);
  edits.set("stream", undefined);
  edits.set("anthropic_version", VERSION);
  const asked = betasOf(header, losses);
  const betas = asked.filter(isKnownBeta);
  if (betas.length < asked.length) {
    const lost = asked.filter((beta) => !isKnownBeta(beta)).join(" ");
    losses.add("dropped", "anthropic-beta", `${provider}: ${lost}`);
  }
  if (betas.length > 0) edits.set("anthropic_beta", JSON.stringify(betas));
  const method = stream ? "/invoke-with-response-stream" : "/invoke";
  return {
    request: {
      path: modelPath(model) + method,
      headers: {},
      body: editJsonDocument(document, edits),
    },
    answer: (body) => passMessagesAnswer(body, { model }),
    stream: () =>
      new InvokePassStream({ model, thought: keeping?.collector() }),
    framing: eventStreamFraming,
    error: (status, headers, body) =>
      decodeErrorAnswer({ status, headers, body }),
  };
}
