import { createHmac } from "node:crypto";

/** What is posted to a webhook. */
export interface SignedPost {
  readonly secret: string;
  /** JSON text. */
  readonly body: string;
  readonly signal: AbortSignal;
}

/**
 * Posts to a webhook of the config. The header `x-llm-proxy-signature` reads
 * `t=SECONDS,v1=HEX`: HMAC-SHA256 of the seconds, a dot and the body. No
 * redirect is followed: it would take what is signed elsewhere.
 */
export async function postSigned(
  url: string,
  { secret, body, signal }: SignedPost,
): Promise<Response> {
  const seconds = Math.floor(Date.now() / 1_000);
  const digest = createHmac("sha256", secret).update(`${seconds}.${body}`)
    .digest("hex");
  return await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      "x-llm-proxy-signature": `t=${seconds},v1=${digest}`,
    },
    body,
    signal,
  });
}

/** What went wrong with a post, in a word: a message may hold the address, and that a secret of its own. */
export function postFault(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
