import type { AccessToken } from "./access_tokens.ts";
import { collectErrorBody } from "./attempt.ts";
import { isObject } from "./dialects/_json.ts";
import { UpstreamError } from "./errors.ts";
import { HttpClient } from "./http_client.ts";
import type { HttpClientOptions } from "./http_client_options.ts";
import type { UpstreamRequest } from "./upstream.ts";

const SECOND = 1000;
/** How long a token counts whose giver does not tell, in seconds. */
const USUAL_LIFETIME = 3600;
/** An answer with a token is a few kilobytes long. */
const MAX_ANSWER = 65_536;

/**
 * Asks for a token, by the rules of every other request: addresses are judged,
 * redirects refused, answers bounded.
 *
 * @throws {UpstreamError} when none comes; its words and its cause hold no secret.
 */
export async function requestToken(
  request: UpstreamRequest,
  { signal, client }: {
    readonly signal: AbortSignal;
    readonly client: HttpClientOptions;
  },
): Promise<AccessToken> {
  const asked = Date.now();
  const { status, body } = await ask(request, { signal, client });
  const answer = parse(body);
  const { access_token: token } = answer;
  if (status !== 200 || typeof token !== "string" || token === "") {
    throw refused(status, answer.error);
  }
  return { token, expiresAt: asked + lifetime(answer.expires_in) * SECOND };
}

/**
 * Asks for a secret of any form by the same rules.
 *
 * @throws {UpstreamError} when none comes; its words and its cause hold no secret.
 */
export async function fetchSecret(
  request: UpstreamRequest,
  options: { readonly signal: AbortSignal; readonly client: HttpClientOptions },
): Promise<string> {
  const { status, body } = await ask(request, options);
  if (status !== 200) throw refused(status, undefined);
  return new TextDecoder().decode(body);
}

async function ask(
  request: UpstreamRequest,
  { signal, client }: {
    readonly signal: AbortSignal;
    readonly client: HttpClientOptions;
  },
): Promise<{ readonly status: number; readonly body: Uint8Array }> {
  // Asked once an hour: no connection is worth keeping.
  const transport = new HttpClient({ ...client, maxConnections: 1 });
  try {
    const { status, body } = await transport.send(request, { signal });
    const bounds = { maxBytes: MAX_ANSWER, maxWait: 10 * SECOND };
    return { status, body: await collectErrorBody(body, bounds) };
  } finally {
    transport.close();
  }
}

/** The client for a service that gives tokens: by the provider's way out, and not with its certificate. */
export function tokenClient(
  { ca, proxy, addressScope }: HttpClientOptions = {},
): HttpClientOptions {
  return {
    ...(ca !== undefined && { ca }),
    ...(proxy !== undefined && { proxy }),
    ...(addressScope !== undefined && { addressScope }),
  };
}

function parse(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Seconds; some tell them as text. */
function lifetime(value: unknown): number {
  const seconds = Number(value);
  return seconds > 0 && seconds < 1e8 ? seconds : USUAL_LIFETIME;
}

function refused(status: number, word: unknown): UpstreamError {
  const error = typeof word === "string" && /^[\w-]{1,64}$/.test(word)
    ? word
    : "none";
  return new UpstreamError(
    "authentication",
    "The service that gives tokens gave none",
    { code: "upstream_token_failed", cause: { status, error } },
  );
}
