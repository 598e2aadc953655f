import Anthropic from "@anthropic-ai/sdk";
import { assert } from "@std/assert";
import { type SseEvent, SseParser } from "../../sse_parser.ts";

/** What a client sees of a message, in the form that tests compare. */
export interface SeenMessage {
  readonly id: string;
  readonly model: string;
  readonly content: readonly unknown[];
  readonly stop: readonly unknown[];
  readonly usage: unknown;
}

/** Anthropic's SDK as a reader of bodies. */
export interface SdkReader {
  /** Reads a whole answer. */
  whole(body: string): Promise<Anthropic.Message>;
  /** Reads a stream to its end. */
  streamed(body: string): Promise<Anthropic.Message>;
  /** Reads an answer with an error status; rejects with what the SDK throws. */
  refused(body: string, status: number): Promise<unknown>;
}

const REQUEST = {
  model: "m",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "hi" }],
};

/** Runs Anthropic's SDK against a server that answers with the body at hand. */
export async function withSdk(
  use: (sdk: SdkReader) => Promise<void>,
): Promise<void> {
  let reply = { body: "", type: "", status: 200 };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response(reply.body, {
        status: reply.status,
        headers: { "content-type": reply.type, "request-id": "req_1" },
      }),
  );
  const client = new Anthropic({
    apiKey: "k",
    baseURL: `http://127.0.0.1:${server.addr.port}`,
    maxRetries: 0,
  });
  const json = "application/json";
  try {
    await use({
      whole(body): Promise<Anthropic.Message> {
        reply = { body, type: json, status: 200 };
        return client.messages.create(REQUEST);
      },
      streamed(body): Promise<Anthropic.Message> {
        reply = { body, type: "text/event-stream", status: 200 };
        return client.messages.stream(REQUEST).finalMessage();
      },
      async refused(body, status): Promise<unknown> {
        reply = { body, type: json, status };
        return await client.messages.create(REQUEST);
      },
    });
  } finally {
    await server.shutdown();
  }
}

/** What a translation keeps of a message: everything but the blocks of the provider's own tools. */
export function seen(message: Anthropic.Message): SeenMessage {
  const { id, model, content, usage } = message;
  return {
    id,
    model,
    content: content.flatMap((block): unknown[] => {
      switch (block.type) {
        case "text":
          return [[block.type, block.text]];
        case "thinking":
          return [[block.type, block.thinking, block.signature]];
        case "redacted_thinking":
          return [[block.type, block.data]];
        case "tool_use":
          return [[block.type, block.id, block.name, block.input]];
      }
      assert(/^server_tool_use$|_tool_result$/.test(block.type));
      return [];
    }),
    stop: [message.stop_reason, message.stop_sequence],
    usage: [
      usage.input_tokens,
      usage.output_tokens,
      usage.cache_read_input_tokens ?? 0,
      usage.cache_creation_input_tokens ?? 0,
      usage.cache_creation?.ephemeral_1h_input_tokens ?? 0,
    ],
  };
}

/** The events of a body that arrives one byte at a time. */
export function bytewise(body: string): SseEvent[] {
  const parser = new SseParser();
  const events: SseEvent[] = [];
  for (const byte of new TextEncoder().encode(body)) {
    events.push(...parser.push(Uint8Array.of(byte)));
  }
  return [...events, ...parser.end()];
}
