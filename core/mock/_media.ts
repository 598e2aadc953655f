import { Buffer } from "node:buffer";
import { missing, wrongType, wrongValue } from "./_api_error.ts";
import type { JsonObject } from "./_json_fields.ts";
import { estimateTokens } from "./_text.ts";

/** One transparent pixel. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const MAX_IMAGES = 10;
/** Samples in a second of the mock's speech. */
const RATE = 8_000;
/** Most characters of one text to be spoken, as with OpenAI. */
const MAX_SPEECH = 4_096;
const WAV_HEADER = 44;
/** What the mock hears in any recording. */
const HEARD = "The mock heard a recording.";

/** Pictures of one pixel, as many as are asked for: JSON. */
export function images(body: JsonObject, needsPrompt: boolean): string {
  const { prompt } = body;
  if (needsPrompt && prompt === undefined) throw missing("prompt");
  if (prompt !== undefined && typeof prompt !== "string") {
    throw wrongType("prompt", "a string");
  }
  const count = Number(body["n"] ?? 1);
  if (!Number.isInteger(count) || count < 1 || count > MAX_IMAGES) {
    throw wrongValue("n", `an integer from 1 to ${MAX_IMAGES}`);
  }
  const input = estimateTokens(prompt?.length ?? 0);
  return JSON.stringify({
    created: 0,
    data: Array.from({ length: count }, () => ({ b64_json: PIXEL })),
    usage: {
      input_tokens: input,
      input_tokens_details: { text_tokens: input, image_tokens: 0 },
      output_tokens: count,
      total_tokens: input + count,
    },
  });
}

/** Silence, 50 ms for each character: a WAV file, a chunk for each second. */
export function speech({ input }: JsonObject): Generator<Uint8Array> {
  // Not at the first chunk: then the head of the answer would be out.
  if (typeof input !== "string") throw missing("input");
  return silence(Math.min(input.length, MAX_SPEECH) * RATE / 20);
}

function* silence(samples: number): Generator<Uint8Array> {
  yield wavHeader(samples);
  for (let left = samples; left > 0; left -= RATE) {
    yield new Uint8Array(Math.min(left, RATE)).fill(0x80);
  }
}

/** What the mock hears in a recording, in the form that is asked for. */
export function transcription(
  body: JsonObject,
): { readonly type: string; readonly chunks: readonly string[] } {
  if (body["stream"] === "true") {
    const usage = { type: "tokens", input_tokens: 8, output_tokens: 7 };
    const events = [
      { type: "transcript.text.delta", delta: HEARD },
      {
        type: "transcript.text.done",
        text: HEARD,
        usage: { ...usage, total_tokens: 15 },
      },
    ];
    const chunks = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
    return { type: "text/event-stream", chunks };
  }
  switch (body["response_format"] ?? "json") {
    case "json":
    case "verbose_json": {
      const usage = { type: "duration", seconds: 1 };
      const text = JSON.stringify({ text: HEARD, usage });
      return { type: "application/json", chunks: [text] };
    }
    case "text":
      return { type: "text/plain; charset=utf-8", chunks: [`${HEARD}\n`] };
    case "srt":
      return {
        type: "text/plain; charset=utf-8",
        chunks: [`1\n00:00:00,000 --> 00:00:01,000\n${HEARD}\n`],
      };
    case "vtt":
      return {
        type: "text/vtt; charset=utf-8",
        chunks: [`WEBVTT\n\n00:00.000 --> 00:01.000\n${HEARD}\n`],
      };
  }
  throw wrongValue("response_format", "json, text, srt, verbose_json or vtt");
}

function wavHeader(samples: number): Uint8Array {
  const header = Buffer.alloc(WAV_HEADER);
  header.write("RIFF", 0);
  header.writeUInt32LE(WAV_HEADER - 8 + samples, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples, 40);
  return header;
}
