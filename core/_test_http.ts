/**
 * For tests only, never published: short ways to use a transport.
 *
 * @module
 */

import { UpstreamError } from "./errors.ts";
import type {
  SendOptions,
  Transport,
  UpstreamBody,
  UpstreamResponse,
} from "./upstream.ts";

/** Sends a request: a POST where there is a body, otherwise a GET. */
export function send(
  transport: Transport,
  url: string,
  options: {
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
    /** Called when a connection stands. */
    readonly onConnected?: () => void;
    readonly clock?: SendOptions["clock"];
  } = {},
): Promise<UpstreamResponse> {
  const { body, headers = {}, signal, onConnected, clock } = options;
  return transport.send(
    body === undefined
      ? { method: "GET", url, headers }
      : { method: "POST", url, headers, body },
    {
      signal: signal ?? new AbortController().signal,
      clock: {
        enter(phase) {
          if (phase === "headers") onConnected?.();
          clock?.enter(phase);
        },
      },
    },
  );
}

/** Reads a body to its end as text. */
export async function readText(body: UpstreamBody): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  await body.pump((chunk) => {
    text += decoder.decode(chunk, { stream: true });
  });
  return text + decoder.decode();
}

/** Reads a body until it fails: what came before, and the error's code. */
export async function readCut(
  body: UpstreamBody,
): Promise<{ readonly text: string; readonly code: string }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    await body.pump((chunk) => {
      text += decoder.decode(chunk, { stream: true });
    });
  } catch (error) {
    return { text, code: codeOf(error) };
  }
  return { text, code: "none" };
}

/** The code of the {@linkcode UpstreamError} with which something fails; otherwise a word that no code is. */
export async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return codeOf(error);
  }
  return "none";
}

function codeOf(error: unknown): string {
  return error instanceof UpstreamError ? error.code : `no fault: ${error}`;
}
