import { AttemptClock, UpstreamError } from "@llm-proxy/core";
import { realtimeTarget } from "@llm-proxy/core/passing";
import type { RoutedAttempt } from "@llm-proxy/core/routing";
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { MAX_MESSAGE, type UpgradeExchange } from "./upgrade_exchange.ts";

/** How much of a refusal is read. */
const MAX_REFUSAL = 64 * 1024;
/** How the older API is asked for by those who can set no headers. */
const BETA_PROTOCOL = "openai-beta.realtime-v1";
/** What of a caller's query is not for the provider. */
const OWN_QUERY = new Set(["model", "provider", "key", "api-key"]);

/**
 * Opens a session at a provider, under the clocks of an attempt.
 *
 * @throws {GatewayError} when none came about.
 */
export async function openRealtime(
  { candidate, limits, signal: left }: RoutedAttempt,
  { exchange, query }: {
    readonly exchange: UpgradeExchange;
    readonly query: URLSearchParams;
  },
): Promise<WebSocket> {
  const asked = new Map([...query].filter(([name]) => !OWN_QUERY.has(name)));
  const { url, headers, error } = realtimeTarget(candidate, asked);
  const beta = exchange.header("openai-beta") ??
    (exchange.protocols.includes(BETA_PROTOCOL) ? "realtime=v1" : undefined);
  const clock = new AttemptClock(limits, left);
  const { signal } = clock;
  try {
    const ws = await import("ws");
    const { transport } = candidate.provider;
    const request = { method: "GET", url, headers };
    const proof = await transport.authorize?.(request, signal);
    const socket = await transport.connect?.(url, signal);
    if (socket === undefined) {
      throw new UpstreamError("upstream", "The provider has no sessions", {
        code: "upstream_connect_failed",
      });
    }
    clock.enter("headers");
    // The connection is secure already, where it has to be.
    const upstream = new ws.WebSocket(url.replace(/^https?/, "ws"), {
      createConnection: () => socket,
      headers: { ...(beta && { "openai-beta": beta }), ...headers, ...proof },
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE,
      autoPong: false,
      followRedirects: false,
    });
    return await new Promise((resolve, reject) => {
      const abort = (): void => {
        reject(signal.reason);
        upstream.terminate();
      };
      signal.addEventListener("abort", abort, { once: true });
      upstream.once("open", () => {
        signal.removeEventListener("abort", abort);
        // What it says at once is for whoever listens by then.
        upstream.pause();
        resolve(upstream);
      });
      upstream.on("unexpected-response", (_request, response) => {
        void readRefusal(response).then((body) => {
          reject(error(response.statusCode ?? 0, flat(response), body));
          socket.destroy();
        });
      });
      upstream.on("error", (cause) => reject(broken(cause)));
    });
  } finally {
    clock.stop();
  }
}

async function readRefusal(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > MAX_REFUSAL) break;
    }
  } catch {
    // What came until then is what there is to say.
  }
  return Buffer.concat(chunks);
}

function flat({ headers }: IncomingMessage): Record<string, string> {
  const record: Record<string, string> = {};
  for (const name in headers) record[name] = String(headers[name]);
  return record;
}

function broken(cause: Error): UpstreamError {
  return new UpstreamError("upstream", "The provider opened no session", {
    code: "upstream_invalid_response",
    cause,
  });
}
