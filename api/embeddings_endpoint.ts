import type { JsonDocument } from "@llm-proxy/core";
import { translateEmbeddings } from "@llm-proxy/core/lazy";
import {
  attempt,
  type Prepare,
  type RequestContext,
  route,
  type WholeTranslation,
} from "./endpoints.ts";
import { wholeAnswer } from "./whole_answer.ts";
import { guardRequest } from "./guard_request.ts";
import { checkModel, readJson } from "./read_json.ts";

/**
 * The way of an embeddings request.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function embeddings(context: RequestContext): Promise<void> {
  await embedDocument(context, await readJson(context));
}

/** The way of an embeddings request whose body has been read. */
export async function embedDocument(
  context: RequestContext,
  document: JsonDocument,
): Promise<void> {
  const model = checkModel(document);
  context.record.account?.allow(0);
  if (context.gateway.guardrails !== undefined) {
    ({ document } = await guardRequest(context, { document, model }));
  }
  const prepare: Prepare<WholeTranslation> = ({ candidate, losses }) =>
    translateEmbeddings(document, { deployment: candidate, losses });
  await route(context, {
    request: { model, endpoint: "embeddings" },
    work: (routed) =>
      attempt(context, { routed, prepare, answer: wholeAnswer }),
  });
}
