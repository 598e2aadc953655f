import { assert, assertEquals } from "@std/assert";
import type { Quirks } from "./dialect.ts";
import { parseJsonDocument } from "./json_document.ts";
import { LossReport } from "./loss_report.ts";
import { restorePassed } from "./passed_thought.ts";
import { MemoryThoughtStore } from "./thought_store.ts";
import "./dialects/mod.ts";

const THOUGHT = { type: "reasoning", text: "hm", signature: "sig" } as const;

/** A request as it goes to a family of models, where a call of `claude` is kept. */
function restored(
  client: string,
  body: object,
  family = "claude",
  quirks: Quirks = {},
) {
  const keeper = new MemoryThoughtStore().of("a");
  keeper.keep("c1", { family: "claude", parts: [THOUGHT], signature: "call" });
  const losses = new LossReport();
  const text = JSON.stringify(body);
  const document = parseJsonDocument(new TextEncoder().encode(text));
  const target = { provider: "p", model: "google/x", quirks, losses };
  const options = { client, keeper, family, target };
  const told = restorePassed(document, options);
  return { ...told, isSame: told === document, losses: losses.toString() };
}

const USE = { type: "tool_use", id: "c1", name: "f", input: {} };
const SIGNED = { type: "thinking", thinking: "own", signature: "s" };

function messages(content: readonly object[], more = {}): object {
  return { messages: [{ role: "assistant", content }], ...more };
}

Deno.test("C12: bytes with their proof, without a known call or with thinking off stay as they are", () => {
  assert(restored("anthropic", messages([SIGNED, USE])).isSame);
  assert(restored("anthropic", messages([{ ...USE, id: "c2" }])).isSame);
  const off = { thinking: { type: "disabled" } };
  assert(restored("anthropic", messages([USE], off)).isSame);
  assert(restored("openai_chat", messages([USE])).isSame);
});

Deno.test("C12: thought that has lost its signature comes back whole, all else byte for byte", () => {
  const bare = { type: "thinking", thinking: "hm" };
  const { value, text } = restored(
    "anthropic",
    messages([bare, USE], { seed: 1 }),
  );
  assertEquals(value.messages, [{
    role: "assistant",
    content: [{ type: "thinking", thinking: "hm", signature: "sig" }, USE],
  }]);
  assert(text.endsWith(`,"seed":1}`));
});

Deno.test("C12, D9, B18: another family gets no proof, and what it cannot read goes", () => {
  const anthropic = restored("anthropic", messages([SIGNED, USE]), "other/m");
  assertEquals(anthropic.value, messages([USE]));
  assertEquals(
    anthropic.losses,
    "dropped: messages.thinking (another model's proof)",
  );
  assert(restored("anthropic", messages([USE]), "other/m").isSame);
  const call = { functionCall: { id: "c1", name: "f", args: {} } };
  const signed = { ...call, thoughtSignature: "s" };
  const turns = (part: object) => ({
    contents: [{ role: "model", parts: [part] }],
  });
  assertEquals(restored("gemini", turns(signed), "gemini").value, turns(call));
  assert(restored("gemini", turns(call), "gemini").isSame);
  const item = {
    type: "function_call",
    call_id: "c1",
    name: "f",
    arguments: "{}",
  };
  const thought = {
    type: "reasoning",
    id: "r",
    summary: [],
    encrypted_content: "e",
  };
  assertEquals(
    restored("openai_responses", { input: [thought, item] }, "oa/").value,
    { input: [item] },
  );
});

Deno.test("J6: a chat client's call gets back the thought that led to it, where its provider wants that", () => {
  const call = { id: "c1", type: "function", function: { name: "f" } };
  const turn = { role: "assistant", content: null, tool_calls: [call] };
  const body = { messages: [turn], seed: 1 };
  const quirks = { thought: "reasoning_content", missingThought: " " } as const;
  const { value, text } = restored("openai_chat", body, "claude", quirks);
  assertEquals(value.messages, [{ ...turn, reasoning_content: "hm" }]);
  assert(text.endsWith(`,"seed":1}`));
  assert(restored("openai_chat", body, "claude").isSame);
  assert(restored("openai_chat", body, "other/m", quirks).isSame);
  const own = { messages: [{ ...turn, reasoning_content: "own" }] };
  assert(restored("openai_chat", own, "claude", quirks).isSame);
  const other = { messages: [{ ...turn, tool_calls: [{ ...call, id: "x" }] }] };
  assert(restored("openai_chat", other, "claude", quirks).isSame);
});

Deno.test("J4: a chat client's call gets back the proof of the thought that led to it", () => {
  const call = { id: "c1", type: "function", function: { name: "f" } };
  const turn = { role: "assistant", content: null, tool_calls: [call] };
  const quirks = { thought: "reasoning_details" } as const;
  const { value } = restored(
    "openai_chat",
    { messages: [turn] },
    "claude",
    quirks,
  );
  assertEquals(value.messages, [{
    ...turn,
    // Words that another maker has signed are words alone.
    reasoning_details: [
      { type: "reasoning.text", text: "hm", format: "unknown", index: 0 },
      {
        type: "reasoning.encrypted",
        data: "call",
        format: "google-gemini-v1",
        id: "c1",
        index: 1,
      },
    ],
  }]);
  const own = { ...turn, reasoning_details: [{ type: "reasoning.text" }] };
  const kept = restored("openai_chat", { messages: [own] }, "claude", quirks);
  assert(kept.isSame);
});
