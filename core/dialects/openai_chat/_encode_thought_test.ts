import { assertEquals } from "@std/assert";
import type { Message, Part } from "../../conversation.ts";
import {
  assistant,
  call,
  encode,
  type EncodeOptions,
  result,
  user,
} from "./_test_provider.ts";

const SIGNED = { type: "reasoning", text: "hm", signature: "sig" } as const;
const PLAIN = { type: "reasoning", text: "so" } as const;
const REDACTED = { type: "reasoning", text: "", redacted: "blob" } as const;
const DETAIL = {
  type: "reasoning.encrypted",
  data: "enc",
  id: "rs_1",
  format: "openai-responses-v1",
  index: 0,
} as const;
const PACKED = {
  type: "reasoning",
  text: "",
  redacted: JSON.stringify(DETAIL),
} as const;

/** The assistant's message of these parts in a tool loop, and the losses. */
function turn(
  parts: readonly Part[],
  options: EncodeOptions,
): [Readonly<Record<string, unknown>> | undefined, readonly string[]] {
  const calls: Message[] = parts.flatMap((part) =>
    part.type === "tool_call" ? [result(part.id)] : []
  );
  const messages = [user("Hi"), assistant(parts), ...calls];
  const { messages: wire, losses } = encode({ messages }, options);
  return [wire[1], losses];
}

Deno.test("J6: thought goes back in the provider's own field, proofs are lost", () => {
  for (const thought of ["reasoning_content", "reasoning"] as const) {
    const [message, losses] = turn([SIGNED, PLAIN, call("c")], {
      quirks: { thought },
    });
    assertEquals(message?.[thought], "hmso");
    assertEquals(losses, [
      "dropped: messages[1].reasoning_content (its proof can't be carried)",
    ]);
  }
});

Deno.test("J6: a turn with calls and no thought says so where the provider must find some", () => {
  const quirks = { thought: "reasoning_content", missingThought: " " } as const;
  const [loop] = turn([call("c")], { quirks });
  assertEquals(loop?.reasoning_content, " ");
  const [plain] = turn([{ type: "text", text: "x" }], { quirks });
  assertEquals(plain, { role: "assistant", content: "x" });
});

Deno.test("thought is lost where the provider has no field for it", () => {
  const [message, losses] = turn([PLAIN, { type: "text", text: "x" }], {});
  assertEquals(message, { role: "assistant", content: "x" });
  assertEquals(losses, ["dropped: messages[1].reasoning_content (p)"]);
});

Deno.test("J4, C12: signed and redacted thought goes back as OpenRouter's details", () => {
  const [message, losses] = turn([SIGNED, REDACTED, call("c")], {
    model: "anthropic/claude-x",
    quirks: { thought: "reasoning_details" },
  });
  const format = "anthropic-claude-v1";
  assertEquals(message?.reasoning_details, [
    { type: "reasoning.text", text: "hm", signature: "sig", format, index: 0 },
    { type: "reasoning.encrypted", data: "blob", format, index: 1 },
  ]);
  assertEquals(losses, []);
});

Deno.test("J4: details of other providers go back as they came, to their own models only", () => {
  const quirks = { thought: "reasoning_details" } as const;
  const [message] = turn([PLAIN, PACKED], { model: "openai/gpt-5", quirks });
  assertEquals(message?.reasoning_details, [
    { type: "reasoning.text", text: "so", format: "unknown", index: 0 },
    { ...DETAIL, index: 1 },
  ]);
  const [other, losses] = turn([SIGNED, PACKED], {
    model: "moonshotai/kimi",
    quirks,
  });
  assertEquals(other?.reasoning_details, [
    { type: "reasoning.text", text: "hm", format: "unknown", index: 0 },
  ]);
  assertEquals(losses, [
    "dropped: messages[1].reasoning_content (another model's proof)",
  ]);
  const [claude, lost] = turn([PLAIN, call("c")], {
    model: "anthropic/claude-x",
    quirks,
  });
  assertEquals(claude?.reasoning_details, undefined);
  assertEquals(lost, [
    "dropped: messages[1].reasoning_content (thought without a signature)",
  ]);
});

Deno.test("D9: Gemini's signatures go back with their calls, to Gemini only", () => {
  const parts: readonly Part[] = [
    { type: "text", text: "a", signature: "t" },
    call("c", { signature: "s" }),
  ];
  const format = "google-gemini-v1";
  const quirks = { thought: "reasoning_details" } as const;
  const [message] = turn(parts, { model: "google/gemini-3", quirks });
  assertEquals(message?.reasoning_details, [
    { type: "reasoning.encrypted", data: "t", format, index: 0 },
    { type: "reasoning.encrypted", data: "s", format, id: "c", index: 1 },
  ]);
  const [other] = turn(parts, { model: "x-ai/grok", quirks });
  assertEquals(other?.reasoning_details, undefined);
  const [google] = turn(parts, { quirks: { thought: "extra_content" } });
  const extra = (signature: string) => ({
    google: { thought_signature: signature },
  });
  assertEquals(google?.extra_content, extra("t"));
  const [made] = google?.tool_calls as [{ extra_content: unknown }];
  assertEquals(made.extra_content, extra("s"));
  const [plain] = turn(parts, {});
  assertEquals(JSON.stringify(plain).includes("signature"), false);
});
