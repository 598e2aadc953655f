import type { SendOptions, UpstreamResponse } from "../upstream.ts";
import { MOCK_BASE_URL } from "./_mock_answer.ts";
import { MockTransport } from "./mock_transport.ts";

/** What came back from the mock. */
export interface Reception {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly string[];
}

/** Sends a JSON body, or a text as it is, to a fresh mock. */
export function post(
  body: unknown,
  { path = "/chat/completions", ...options }:
    & { readonly path?: string }
    & Partial<SendOptions> = {},
): Promise<UpstreamResponse> {
  return new MockTransport().send({
    method: "POST",
    url: MOCK_BASE_URL + path,
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  }, { signal: new AbortController().signal, ...options });
}

/** Sends a body and reads the whole answer. */
export async function ask(
  body: unknown,
  path?: string,
): Promise<Reception> {
  const { status, headers, body: answer } = await post(
    body,
    path === undefined ? {} : { path },
  );
  const decoder = new TextDecoder();
  const chunks: string[] = [];
  await answer.pump((chunk) => {
    chunks.push(decoder.decode(chunk, { stream: true }));
  });
  return { status, headers, chunks };
}

/** The JSON body of an answer. */
// deno-lint-ignore no-explicit-any
export function jsonOf({ chunks }: Reception): any {
  return JSON.parse(chunks.join(""));
}

/** The JSON events of a stream; the last, `[DONE]`, is left out. */
// deno-lint-ignore no-explicit-any
export function eventsOf({ chunks }: Reception): any[] {
  return chunks.slice(0, -1).map((chunk) => JSON.parse(chunk.slice(6)));
}

/** One user message. */
export function user(content: unknown): unknown[] {
  return [{ role: "user", content }];
}
