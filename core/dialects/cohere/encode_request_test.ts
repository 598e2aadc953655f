import { assertEquals, assertThrows } from "@std/assert";
import type { Message } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { encodeCohereRequest } from "./encode_request.ts";

const NOTE = {
  type: "file",
  data: btoa("It is 21"),
  mediaType: "text/plain",
  filename: "note.txt",
} as const;
const DOCUMENT = { data: { text: "It is 21", title: "note.txt" } };

function encoded(messages: readonly Message[], documents?: readonly unknown[]) {
  const losses = new LossReport();
  const { body } = encodeCohereRequest({
    model: "m",
    messages,
    sampling: {},
    stream: false,
    unmapped: documents ? ["documents"] : [],
    ...(documents && { extras: new Map([["documents", documents]]) }),
  }, { provider: "cohere", model: "m", quirks: {}, losses });
  return { ...JSON.parse(body), losses: losses.toString() };
}

Deno.test("A32: text documents of a message stand in Cohere's documents, beside the caller's own", () => {
  const question = { type: "text", text: "How warm?" } as const;
  const told = encoded([{ role: "user", parts: [question, NOTE] }], ["own"]);
  assertEquals(told.documents, ["own", DOCUMENT]);
  assertEquals(told.messages, [{ role: "user", content: "How warm?" }]);
  assertEquals(told.losses, "");
});

Deno.test("A24: a tool's text document stays in its result", () => {
  const call = {
    type: "tool_call",
    id: "c",
    name: "f",
    arguments: "{}",
  } as const;
  const { messages } = encoded([
    { role: "user", parts: [{ type: "text", text: "Look" }] },
    { role: "assistant", parts: [call] },
    {
      role: "tool",
      parts: [{
        type: "tool_result",
        callId: "c",
        parts: [{ type: "text", text: "found" }, NOTE],
      }],
    },
  ]);
  assertEquals(messages[2], {
    role: "tool",
    tool_call_id: "c",
    content: [
      { type: "text", text: "found" },
      { type: "document", document: DOCUMENT },
    ],
  });
});

Deno.test("A32: a document of another kind is refused by its place", () => {
  const pdf = { ...NOTE, mediaType: "application/pdf" };
  const error = assertThrows(
    () => encoded([{ role: "user", parts: [pdf] }]),
    GatewayError,
  );
  assertEquals(error.param, "messages[0].content[0]");
});
