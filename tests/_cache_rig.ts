import {
  type Answering,
  type AnsweringUpstream,
  type Asked,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { chatStream, completion } from "./_chat_answers.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";

/** The callers' keys by name. */
export const KEYS = {
  ann: "key-of-ann-5d21f3b8c4",
  bob: "key-of-bob-98c7e1a2f0",
} as const;

/** What is asked besides the body. */
export interface Asking {
  readonly key?: keyof typeof KEYS;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A gateway that keeps answers, before an upstream. */
export interface CacheRig extends TestGateway {
  readonly upstream: AnsweringUpstream;
  ask(body: object, asking?: Asking): Promise<Response>;
}

/** An answer with the number of the request, as a stream where that is wanted. */
export function numbered({ body }: Asked, number: number): Response {
  const content = `answer ${number}`;
  return body.stream ? chatStream([{ content }]) : completion({ content });
}

/** A chat of one turn. */
export function chat(content: string, more: object = {}): object {
  return { model: "up/m", messages: [{ role: "user", content }], ...more };
}

/** The same in the words of Messages. */
export function message(content: string, more: object = {}): object {
  return {
    model: "up/m",
    max_tokens: 100,
    messages: [{ role: "user", content }],
    ...more,
  };
}

/** Runs a gateway that keeps answers while `use` runs. */
export async function withCache(
  use: (rig: CacheRig) => Promise<void>,
  { answer = numbered, cache = "{enabled: true}", config = "", provider = "" }:
    {
      readonly answer?: Answering;
      /** Further members of the provider's entry. */
      readonly provider?: string;
      readonly cache?: string;
      readonly config?: string;
    } = {},
): Promise<void> {
  const upstream = startAnsweringUpstream(answer);
  const gateway = await startGateway(`
auth:
  api_keys:
    - {name: ann, key: ${KEYS.ann}, role: admin}
    - {name: bob, key: ${KEYS.bob}}
providers:
  - {name: up, type: openai_compatible, max_retries: 0, models: [m, other], base_url: "${upstream.origin}/v1", ${provider}}
caching: {response_cache: ${cache}}
${config}`);
  const ask = async (body: object, asking: Asking = {}): Promise<Response> => {
    const { key = "ann", path = "/v1/chat/completions", headers } = asking;
    return await fetch(gateway.url + path, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-api-key": KEYS[key],
        ...headers,
      },
      body: JSON.stringify(body),
      ...(asking.signal && { signal: asking.signal }),
    });
  };
  try {
    await use({ ...gateway, upstream, ask });
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

/** The text of a whole answer, and how the cache took the request. */
export async function told(
  response: Response,
): Promise<readonly [text: string, cache: string | null]> {
  const body = await response.json();
  const text = body.choices?.[0]?.message.content ??
    body.content?.find((block: { type: string }) => block.type === "text")
      ?.text ??
    JSON.stringify(body);
  return [text, response.headers.get("x-llm-proxy-cache")];
}
