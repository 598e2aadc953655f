/**
 * What an upstream can do to a request, as scripts. Each answers in the
 * dialect of the path that it was asked at, and as a stream where one was asked.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Framing } from "./_replay_upstream.ts";
import type { UpstreamCall, UpstreamScript } from "./_scripted_upstream.ts";
import {
  CHAT_PIECES,
  MESSAGES_PIECES,
  type WirePieces,
} from "./_wire_pieces.ts";

/** Long enough for the other side to read what came before a reset takes it away. */
const READ_MS = 30;

/** The pieces of the dialect that a call was made in. */
export function dialectOf({ head }: UpstreamCall): WirePieces {
  return /^\w+ \S*\/messages\b/.test(head) ? MESSAGES_PIECES : CHAT_PIECES;
}

/** Whether a stream was asked for. */
export function wantsStream({ body }: UpstreamCall): boolean {
  return /"stream":\s*true/.test(body);
}

function wholeStream({ start, text, finish }: WirePieces): string {
  return start + text("hello") + finish;
}

/** Answers well: `hello`. */
export function healthy(
  { firstTokenMs = 0 }: {
    /** How long the first token takes, in ms; the head of a stream comes at once. */
    readonly firstTokenMs?: number;
  } = {},
): UpstreamScript {
  return async (call) => {
    const pieces = dialectOf(call);
    if (!wantsStream(call)) {
      await call.wait(firstTokenMs);
      return call.whole(pieces.whole);
    }
    await call.answer();
    await call.wait(firstTokenMs);
    await call.write(wholeStream(pieces));
    await call.end();
  };
}

/** Answers with a status, its headers and its body as they are. */
export function status(
  code: number,
  { headers = {}, body = `{"error":{"message":"Status ${code}"}}` }: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): UpstreamScript {
  const fields = Object.entries({
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return (call) => call.raw(`HTTP/1.1 ${code} Fault\r\n${fields}\r\n${body}`);
}

/** Sends somewhere else. */
export function redirect(code: number, location: string): UpstreamScript {
  return status(code, { headers: { location }, body: "" });
}

/** Answers with status 200 and whatever text, by default as JSON. */
export function ok(body: string, type = "application/json"): UpstreamScript {
  return status(200, { body, headers: { "content-type": type } });
}

/** Reports an error with status 200: as the body, or as a stream's first event. */
export function errorInside(): UpstreamScript {
  return async (call) => {
    if (!wantsStream(call)) {
      return call.whole(`{"error":{"message":"Overloaded","code":503}}`);
    }
    await call.answer();
    await call.write(dialectOf(call).error);
    await call.end();
  };
}

/** Writes bytes as they are and closes. */
export function raw(bytes: string | Uint8Array): UpstreamScript {
  return async (call) => {
    await call.raw(bytes);
    call.cut();
  };
}

/** Where in an answer something happens. */
export type Place =
  | "before_headers"
  | "in_headers"
  | "after_headers"
  | "in_body";

/** Answers up to a place. */
async function until(place: Place, call: UpstreamCall): Promise<void> {
  if (place === "before_headers") return;
  if (place === "in_headers") return call.raw("HTTP/1.1 200 OK\r\ncontent-ty");
  await call.answer();
  const { start, text } = dialectOf(call);
  if (place === "in_body") await call.write(start + text("hel"));
}

/** Resets the connection at a place. */
export function reset(place: Place): UpstreamScript {
  return async (call) => {
    await until(place, call);
    await call.wait(place === "before_headers" ? 0 : READ_MS);
    call.reset();
  };
}

/** Closes the connection in order at a place. */
export function close(place: Place): UpstreamScript {
  return async (call) => {
    await until(place, call);
    call.cut();
  };
}

/** Says nothing more from a place on: silence, or a stall where there was content. */
export function silence(place: Place): UpstreamScript {
  return async (call) => {
    await until(place, call);
    await call.silence();
  };
}

/** Gives signs of life and no content. */
export function pingOnly(everyMs: number): UpstreamScript {
  return async (call) => {
    const { start, ping } = dialectOf(call);
    await call.answer();
    await call.write(start);
    await call.repeat(ping, everyMs);
  };
}

/** Answers well, in pieces of so many bytes with a pause after each. */
export function drip(everyMs: number, bytes = 1): UpstreamScript {
  return async (call) => {
    const answer = Buffer.from(wholeStream(dialectOf(call)));
    await call.answer();
    for (let at = 0; at < answer.length && !call.gone; at += bytes) {
      await call.write(answer.subarray(at, at + bytes));
      await call.wait(everyMs);
    }
    await call.end();
  };
}

/** Ends the connection within a body, in each framing: the length not reached, within a chunk, before the end is told. */
export function cut(framing: Framing): UpstreamScript {
  return async (call) => {
    const { start, text, finish } = dialectOf(call);
    const sent = start + text("hel");
    const length = Buffer.byteLength(sent + finish);
    await call.answer({ framing, length });
    await call.write(sent);
    if (framing === "chunked") await call.raw(`ff\r\n${finish.slice(0, 10)}`);
    call.cut();
  };
}

/** Ends the body well, but not the stream within it: no finish, no terminator. */
export function unfinished(framing: Framing): UpstreamScript {
  return async (call) => {
    const { start, text } = dialectOf(call);
    const sent = start + text("hel");
    await call.answer({ framing, length: Buffer.byteLength(sent) });
    await call.write(sent);
    await call.end();
  };
}
