import OpenAI from "openai";
import type { Response as Answered } from "openai/resources/responses/responses";

/** What the SDK gives for one event. */
export type SdkEvent = OpenAI.Responses.ResponseStreamEvent;

/** What the SDK makes of a body. */
export interface SdkStream {
  readonly events: readonly SdkEvent[];
  /** The answer put together from the events. */
  readonly answer: Answered;
}

/** How the body arrives. */
export interface Arrival {
  /** How many bytes at once. @default {all} */
  readonly bytes?: number;
}

function client(respond: () => Response): OpenAI {
  return new OpenAI({
    apiKey: "key-of-a-test",
    maxRetries: 0,
    fetch: () => Promise.resolve(respond()),
  });
}

function pieces(body: string, { bytes }: Arrival): ReadableStream<Uint8Array> {
  const all = new TextEncoder().encode(body);
  const size = bytes ?? all.length;
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= all.length) return controller.close();
      controller.enqueue(all.subarray(at, at += size));
    },
  });
}

/** Lets the SDK's helper read a stream, which checks indices, ids and types on the way. */
export async function readStream(
  body: string,
  arrival: Arrival = {},
): Promise<SdkStream> {
  const events: SdkEvent[] = [];
  const stream = client(() =>
    new Response(pieces(body, arrival), {
      headers: { "content-type": "text/event-stream" },
    })
  ).responses.stream({ model: "m", input: "x" });
  stream.on("event", (event: SdkEvent) => {
    events.push(event);
  });
  return { events, answer: await stream.finalResponse() };
}

/** Lets the SDK read events as they are, without its helper. */
export async function readEvents(body: string): Promise<SdkEvent[]> {
  const events: SdkEvent[] = [];
  const stream = await client(() =>
    new Response(body, { headers: { "content-type": "text/event-stream" } })
  ).responses.create({ model: "m", input: "x", stream: true });
  for await (const event of stream) events.push(event);
  return events;
}

/** Lets the SDK read a whole answer. */
export async function readAnswer(
  body: string,
  status = 200,
): Promise<Answered> {
  const headers = { "content-type": "application/json" };
  return await client(() => new Response(body, { status, headers }))
    .responses.create({ model: "m", input: "x" });
}
