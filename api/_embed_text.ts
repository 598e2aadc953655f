import { GatewayError, parseJsonDocument } from "@llm-proxy/core";
import { clientLeft } from "./_body.ts";
import { dispatch } from "./dispatch.ts";
import { embedDocument } from "./embeddings_endpoint.ts";
import type { RequestContext } from "./endpoints.ts";
import { SilentExchange } from "./_silent_exchange.ts";

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
 * The vector of a text, made for a request on its caller's account, by the way
 * of every other request.
 *
 * @returns Nothing where it could not be made in time: its own log line says why.
 */
export async function embedText(
  { gateway, exchange, record }: RequestContext,
  { text, model, timeoutMs, signal }: EmbedTextOptions,
): Promise<readonly number[] | undefined> {
  const body = JSON.stringify({ model, input: text });
  const document = parseJsonDocument(encoder.encode(body));
  const controller = new AbortController();
  const leave = (): void => controller.abort(clientLeft());
  signal.addEventListener("abort", leave);
  const timer = setTimeout(() => {
    controller.abort(
      new GatewayError("timeout", "The vector took too long", {
        code: "embedding_timeout",
      }),
    );
  }, timeoutMs);
  let answer: string | undefined;
  const silent = new SilentExchange(exchange, {
    signal: controller.signal,
    onSend: (status, text) => {
      if (status === 200) answer = text;
    },
  });
  try {
    await dispatch({
      method: "POST",
      path: "/v1/embeddings",
      operation: "embeddings",
      open: true,
      handle: async (context) => {
        context.record.key = record.key;
        context.record.account = gateway.accounts.begin(context.record);
        await embedDocument(context, document);
      },
    }, { gateway, exchange: silent });
    return answer === undefined ? undefined : vectorIn(answer);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}

function vectorIn(answer: string): readonly number[] | undefined {
  const vector: unknown = JSON.parse(answer).data?.[0]?.embedding;
  const isVector = Array.isArray(vector) &&
    vector.every((value) => typeof value === "number");
  return isVector ? vector : undefined;
}
