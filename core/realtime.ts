import { parseJsonText } from "./parse_json_text.ts";
import type { Usage } from "./answer.ts";
import { isJsonObject } from "./dialects/openai_chat/_decode_node.ts";
import { decodeChatError } from "./dialects/openai_chat/decode_error.ts";
import { decodeChatUsage } from "./dialects/openai_chat/usage.ts";
import type { UpstreamError } from "./errors.ts";
import type { Destination } from "./routing/route.ts";

/** Where a realtime session is opened at a provider. */
export interface RealtimeTarget {
  /** An http or https address: a WebSocket's handshake is a request. */
  readonly url: string;
  /** Credentials and custom headers, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a handshake that is refused means. */
  error(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}

/**
 * Where a session of OpenAI's Realtime API is opened at a provider; at Azure's
 * dated API the model is a deployment (F1). `query` may say more.
 *
 * @example At OpenAI
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { realtimeTarget } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "openai", type: "openai" });
 * const { url } = realtimeTarget({ provider, model: "gpt-realtime" });
 * assertEquals(url, "https://api.openai.com/v1/realtime?model=gpt-realtime");
 * factory.close();
 * ```
 */
export function realtimeTarget(
  { provider, model }: Destination,
  query: ReadonlyMap<string, string> = new Map(),
): RealtimeTarget {
  const { baseUrl, headers, quirks: { apiVersion } } = provider;
  const asked = new URLSearchParams([...query]);
  if (apiVersion === undefined) asked.set("model", model);
  else {
    asked.delete("model");
    asked.set("api-version", apiVersion);
    asked.set("deployment", model);
  }
  return {
    url: `${baseUrl}/realtime?${asked}`,
    headers,
    error: decodeChatError,
  };
}

const DONE = new TextEncoder().encode('"response.done"');
/** How far into a message its type is looked for, in bytes. */
const LOOKED_AT = 512;

/**
 * The token counts that an event of a realtime session tells: `response.done`
 * has them, all others have none.
 *
 * @example The end of an answer
 * ```ts
 * import { realtimeUsage } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * const event = {
 *   type: "response.done",
 *   response: { usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } },
 * };
 * const message = new TextEncoder().encode(JSON.stringify(event));
 * assertEquals(realtimeUsage(message)?.total, 7);
 * ```
 */
export function realtimeUsage(message: Uint8Array): Usage | undefined {
  if (!starts(message)) return undefined;
  let event: unknown;
  try {
    event = parseJsonText(new TextDecoder().decode(message));
  } catch {
    return undefined;
  }
  const response = isJsonObject(event) ? event.response : undefined;
  const usage = isJsonObject(response) ? response.usage : undefined;
  if (!isJsonObject(usage)) return undefined;
  return decodeChatUsage({
    ...usage,
    prompt_tokens_details: usage.input_token_details,
    completion_tokens_details: usage.output_token_details,
  });
}

/** Whether a message says early on that it is the end of an answer; sound is not searched. */
function starts(message: Uint8Array): boolean {
  const end = Math.min(message.byteLength, LOOKED_AT) - DONE.length;
  for (let at = 0; at <= end; at++) {
    let same = 0;
    while (same < DONE.length && message[at + same] === DONE[same]) same++;
    if (same === DONE.length) return true;
  }
  return false;
}
