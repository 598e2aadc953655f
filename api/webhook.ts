import { collectErrorBody, HttpClient } from "@llm-proxy/core";
import { createHmac } from "node:crypto";
import { environmentProxy } from "./_environment_proxy.ts";

/** What is posted to a webhook. */
export interface SignedPost {
  readonly secret: string;
  /** JSON text. */
  readonly body: string;
  readonly signal: AbortSignal;
}

/** What a webhook has answered. */
export interface WebhookAnswer {
  readonly status: number;
  /** Its text; what is too long is cut. */
  readonly text: string;
}

/** No answer of a webhook is longer, in bytes. */
const MAX_ANSWER = 65_536;
/** How long an answer may take that has begun, in ms. */
const MAX_WAIT = 30_000;
/** So many are asked at once; the others wait for their turn. */
const MAX_CONNECTIONS = 64;

/**
 * A webhook of the config. It is reached as providers are: no redirect is
 * followed, which would take what is signed elsewhere, and a name leads to no
 * address where a cloud keeps credentials (X7).
 */
export class Webhook {
  readonly url: string;
  #client: HttpClient | undefined;

  /** Connects to nobody yet. */
  constructor(url: string) {
    this.url = url;
  }

  /**
   * Posts something, signed: the header `x-llm-proxy-signature` reads
   * `t=SECONDS,v1=HEX`, HMAC-SHA256 of the seconds, a dot and the body.
   *
   * @throws {Error} where nobody answers.
   */
  async post({ secret, body, signal }: SignedPost): Promise<WebhookAnswer> {
    const seconds = Math.floor(Date.now() / 1_000);
    const digest = createHmac("sha256", secret).update(`${seconds}.${body}`)
      .digest("hex");
    this.#client ??= new HttpClient({
      maxConnections: MAX_CONNECTIONS,
      ...environmentProxy(this.url),
    });
    const { status, body: answer } = await this.#client.send({
      method: "POST",
      url: this.url,
      headers: {
        "content-type": "application/json",
        "x-llm-proxy-signature": `t=${seconds},v1=${digest}`,
      },
      body,
    }, { signal });
    const bytes = await collectErrorBody(answer, {
      maxBytes: MAX_ANSWER,
      maxWait: MAX_WAIT,
    });
    signal.throwIfAborted();
    return { status, text: new TextDecoder().decode(bytes) };
  }

  /** Closes its connections, and refuses further use. */
  close(): void {
    this.#client ??= new HttpClient();
    this.#client.close();
  }
}

/** What went wrong with a post, in a word: a message may hold the address, and that a secret of its own. */
export function postFault(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
