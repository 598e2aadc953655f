import { parseJsonDocument, type StreamTranslator } from "@llm-proxy/core";
import {
  answerReader,
  GeminiArrayStream,
  openAiChatClient,
} from "@llm-proxy/core/dialects";
import { assertEquals } from "@std/assert";
import { GuardedStream } from "./_guard_stream.ts";
import type { ByteReplyStream } from "./exchange.ts";
import type { RequestContext } from "./endpoints.ts";
import { RequestRecord } from "./request_record.ts";

const document = parseJsonDocument(
  new TextEncoder().encode('{"model":"m","messages":[]}'),
);

Deno.test("L8: a client hears something while all of its answer is held back, in the form that its stream has", async () => {
  const reader = answerReader(openAiChatClient);
  if (reader === undefined) throw new Error("There is no reader");
  for (
    const shape of [
      undefined,
      (it: StreamTranslator) => new GeminiArrayStream(it),
    ]
  ) {
    const heard = Promise.withResolvers<string>();
    const reply: ByteReplyStream = {
      write: (piece) => void heard.resolve(String(piece)),
      end: () => {},
      fail: () => {},
      cut: () => {},
    };
    const stream = new GuardedStream(
      {
        exchange: { stream: () => reply },
        record: new RequestRecord("POST", { path: "/v1/chat/completions" }),
      } as unknown as RequestContext,
      {},
      {
        document,
        reader,
        scans: [],
        looks: [],
        mask: undefined,
        whole: (answer) => Promise.resolve(answer),
        shape,
        keepAlive: 5,
      },
    );
    try {
      void stream.write(": keep-alive\n\n");
      void stream.write(
        'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n',
      );
      assertEquals(
        await heard.promise,
        shape === undefined ? ": keep-alive\n\n" : "\r\n",
      );
    } finally {
      stream.close();
    }
  }
});
