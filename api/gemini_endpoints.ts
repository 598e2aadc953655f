import { GatewayError, type StreamTranslator } from "@llm-proxy/core";
import {
  GeminiArrayStream,
  geminiCountClient,
  translateGeminiEmbeddings,
} from "@llm-proxy/core/dialects/gemini";
import { geminiRequestFacts } from "@llm-proxy/core/routing";
import {
  answerConversation,
  attempt,
  type Prepare,
  type RequestContext,
  route,
  type WholeTranslation,
} from "./endpoints.ts";
import { wholeAnswer } from "./whole_answer.ts";
import { guardRequest } from "./guard_request.ts";
import { decodeName } from "./_decode_name.ts";
import { queryOf } from "./_query.ts";
import { readJson } from "./read_json.ts";
import { withGeminiSelection } from "./_selection_defaults.ts";
import { answerCount } from "./token_count.ts";

/**
 * `POST …/models/{model}:generateContent`.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export function generateContent(context: RequestContext): Promise<void> {
  return generate(context, { stream: false });
}

/**
 * `POST …/models/{model}:streamGenerateContent`: events with `alt=sse`, else one
 * array (D1).
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export function streamGenerateContent(context: RequestContext): Promise<void> {
  const query = new URLSearchParams(queryOf(context.exchange.target));
  const isEvents = (query.get("alt") ?? query.get("$alt")) === "sse";
  return generate(context, {
    stream: true,
    ...(!isEvents && { shape: arrayOf }),
  });
}

/**
 * `POST …/models/{model}:countTokens` (C37).
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function countGeminiTokens(
  context: RequestContext,
): Promise<void> {
  const model = modelOf(context);
  const document = await readJson(context);
  const client = geminiCountClient;
  client.check(document);
  await answerCount(context, { document, model, client });
}

/**
 * `POST …/models/{model}:embedContent`.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export function embedContent(context: RequestContext): Promise<void> {
  return embed(context, { isBatch: false });
}

/**
 * `POST …/models/{model}:batchEmbedContents`.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export function batchEmbedContents(context: RequestContext): Promise<void> {
  return embed(context, { isBatch: true });
}

async function generate(
  context: RequestContext,
  { stream, shape }: {
    readonly stream: boolean;
    readonly shape?: (stream: StreamTranslator) => StreamTranslator;
  },
): Promise<void> {
  const model = modelOf(context);
  const asked = await readJson(context);
  context.record.client.check(asked);
  const document = withGeminiSelection(context, { document: asked, model });
  await answerConversation(context, {
    document,
    stream,
    facts: (size) => geminiRequestFacts(document, { model, stream, size }),
    shape,
  });
}

async function embed(
  context: RequestContext,
  { isBatch }: { readonly isBatch: boolean },
): Promise<void> {
  const model = modelOf(context);
  let document = await readJson(context);
  context.record.account?.allow(0);
  if (context.gateway.guardrails !== undefined) {
    ({ document } = await guardRequest(context, { document, model }));
  }
  const prepare: Prepare<WholeTranslation> = ({ candidate, losses }) =>
    translateGeminiEmbeddings(document, {
      deployment: candidate,
      losses,
      isBatch,
    });
  await route(context, {
    request: { model, endpoint: "embeddings" },
    work: (routed) =>
      attempt(context, { routed, prepare, answer: wholeAnswer }),
  });
}

function arrayOf(stream: StreamTranslator): StreamTranslator {
  return new GeminiArrayStream(stream);
}

/** The model in the path: what is between its collection and the verb, encoded or not. */
function modelOf({ exchange: { path } }: RequestContext): string {
  const begin = path.indexOf("/models/") + "/models/".length;
  const name = decodeName(path.slice(begin, path.lastIndexOf(":")));
  if (name !== "") return name;
  throw new GatewayError(
    "invalid_request",
    "The path must name a model: '/models/{model}:{verb}'",
    { code: "missing_required_parameter", param: "model" },
  );
}
