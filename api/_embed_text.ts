import { GatewayError, parseJsonDocument } from "@llm-proxy/core";
import { askAside } from "./_ask_aside.ts";
import { embedDocument } from "./embeddings_endpoint.ts";
import type { RequestContext } from "./endpoints.ts";

const encoder = new TextEncoder();

/** What text is to be embedded, and by whom. */
export interface EmbedTextOptions {
  readonly text: string;
  /** As a caller would write it. */
  readonly model: string;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborted when nobody wants it any more. */
  readonly signal: AbortSignal;
}

/**
 * The vector of a text, made for a request on its caller's account.
 *
 * @returns Nothing where it could not be made in time: its own log line says why.
 */
export async function embedText(
  context: RequestContext,
  { text, model, timeoutMs, signal }: EmbedTextOptions,
): Promise<readonly number[] | undefined> {
  const body = JSON.stringify({ model, input: text });
  const document = parseJsonDocument(encoder.encode(body));
  let answer: string;
  try {
    answer = await askAside(context, {
      path: "/v1/embeddings",
      operation: "embeddings",
      timeoutMs,
      signal,
      handle: (aside) => embedDocument(aside, document),
    });
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
  const vector: unknown = JSON.parse(answer).data?.[0]?.embedding;
  const isVector = Array.isArray(vector) &&
    vector.every((value) => typeof value === "number");
  return isVector ? vector : undefined;
}
