import { assert, assertEquals } from "@std/assert";
import { restoreThought } from "./_restored_thought.ts";
import { ThoughtCollector } from "./_thought_collector.ts";
import { thoughtFamily } from "./_thought_family.ts";
import type { AnswerEvent } from "./answer.ts";
import type { Conversation, Part } from "./conversation.ts";
import { LossReport } from "./loss_report.ts";
import { MemoryThoughtStore, type ThoughtKeeper } from "./thought_store.ts";

const THOUGHT = { type: "reasoning", text: "hm", signature: "sig" } as const;
const SECRET = { type: "reasoning", text: "", redacted: "cmVk" } as const;
const CALL = {
  type: "tool_call",
  id: "c1",
  name: "look",
  arguments: "{}",
} as const;
const OTHER = { ...CALL, id: "c2" };

function conversation(parts: readonly Part[]): Conversation {
  return {
    model: "m",
    messages: [
      { role: "user", parts: [{ type: "text", text: "Hi" }] },
      { role: "assistant", parts },
    ],
    sampling: {},
    stream: false,
    unmapped: [],
  };
}

/** The assistant's turn as it goes to a family of models. */
function restored(
  keeper: ThoughtKeeper,
  parts: readonly Part[],
  family = "claude",
): { readonly parts: readonly Part[]; readonly losses: string } {
  const losses = new LossReport();
  const { messages } = restoreThought(conversation(parts), {
    keeper,
    family,
    losses,
  });
  return { parts: messages[1]!.parts, losses: losses.toString() };
}

function keeperOf(
  family: string,
  parts: Parameters<ThoughtCollector["takeParts"]>[0],
): ThoughtKeeper {
  const keeper = new MemoryThoughtStore().of("a");
  new ThoughtCollector(keeper, family).takeParts(parts);
  return keeper;
}

Deno.test("C12, E17: thought that a client has lost comes back in front, in its order", () => {
  const keeper = keeperOf("claude", [THOUGHT, SECRET, CALL, OTHER]);
  const text = { type: "text", text: "Let me look" } as const;
  for (
    const given of [[text, CALL, OTHER], [
      { type: "reasoning", text: "hm" } as const,
      text,
      CALL,
      OTHER,
    ]]
  ) {
    assertEquals(restored(keeper, given).parts, [
      THOUGHT,
      SECRET,
      text,
      CALL,
      OTHER,
    ]);
  }
});

Deno.test("C12: a turn that still has its thought stays as it is", () => {
  const keeper = keeperOf("claude", [THOUGHT, CALL]);
  const asked = conversation([{ ...THOUGHT, signature: "own" }, CALL]);
  const losses = new LossReport();
  assert(restoreThought(asked, { keeper, family: "claude", losses }) === asked);
});

Deno.test("D9, D10: each call gets its own signature back, and the others none", () => {
  const keeper = keeperOf("gemini", [{ ...CALL, signature: "g1" }, OTHER]);
  assertEquals(restored(keeper, [CALL, OTHER], "gemini").parts, [
    { ...CALL, signature: "g1" },
    OTHER,
  ]);
});

Deno.test("C12, D9: what another family has signed is taken out and told", () => {
  const claude = keeperOf("claude", [THOUGHT, SECRET, CALL]);
  assertEquals(restored(claude, [THOUGHT, SECRET, CALL], "nova"), {
    parts: [{ type: "reasoning", text: "hm" }, CALL],
    losses: "dropped: messages[1].reasoning_content (another model's proof)",
  });
  const gemini = keeperOf("gemini", [{ ...CALL, signature: "g1" }]);
  const signed = [
    { type: "text", text: "", signature: "g0" } as const,
    { type: "text", text: "So", signature: "g2" } as const,
    { ...CALL, signature: "g1" },
  ];
  assertEquals(restored(gemini, signed).parts, [
    { type: "text", text: "So" },
    CALL,
  ]);
});

Deno.test("C12: unknown calls, and turns without any, stay as they are", () => {
  const keeper = keeperOf("claude", [THOUGHT, CALL]);
  const foreign = { ...CALL, id: "unknown" };
  assertEquals(restored(keeper, [THOUGHT, foreign]).parts, [THOUGHT, foreign]);
  assertEquals(restored(keeper, [THOUGHT]).parts, [THOUGHT]);
});

Deno.test("C12: a streamed answer is kept like a whole one, and one that is cut is not", () => {
  const events: AnswerEvent[] = [
    { type: "start", id: "", model: "m" },
    { type: "part_start", part: 0, kind: "reasoning" },
    { type: "part_delta", part: 0, text: "h" },
    { type: "part_delta", part: 0, text: "m" },
    { type: "part_end", part: 0, signature: "sig" },
    { type: "part_start", part: 1, kind: "reasoning", redacted: "cmVk" },
    { type: "part_end", part: 1 },
    { type: "part_start", part: 2, kind: "tool_call", id: "c1", name: "look" },
    { type: "part_delta", part: 2, text: "{}" },
    { type: "part_end", part: 2 },
    { type: "finish", finish: "tool" },
  ];
  for (
    const [length, isKept] of [[events.length, true], [
      events.length - 1,
      false,
    ]] as const
  ) {
    const keeper = new MemoryThoughtStore().of("a");
    const collector = new ThoughtCollector(keeper, "claude");
    for (const event of events.slice(0, length)) collector.take(event);
    assertEquals(
      restored(keeper, [CALL]).parts,
      isKept ? [THOUGHT, SECRET, CALL] : [CALL],
    );
  }
});

Deno.test("C12: thought without a proof is not kept, nor is one that is too long to be whole", () => {
  const keeper = keeperOf("m", [{ type: "reasoning", text: "hm" }, CALL]);
  assert(keeper.empty);
  const long = { ...THOUGHT, text: "x".repeat(1024 * 1024 + 1) };
  assert(keeperOf("claude", [long, CALL]).empty);
});

Deno.test("thoughtFamily() tells who can read a proof", () => {
  const at = (
    dialect: "anthropic" | "bedrock" | "vertex" | "openai_chat",
    model: string,
  ) => thoughtFamily({ name: "p", dialect, quirks: {} }, model);
  assertEquals(at("anthropic", "claude-sonnet-4-5"), "claude");
  assertEquals(
    at("bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0"),
    "claude",
  );
  assertEquals(at("vertex", "claude-sonnet-4-5@20250929"), "claude");
  assertEquals(at("vertex", "gemini-3-pro"), "vertex");
  assertEquals(
    at("bedrock", "amazon.nova-2-lite-v1:0"),
    "p/amazon.nova-2-lite-v1:0",
  );
  assertEquals(at("openai_chat", "claude"), "p/claude");
  const openRouter = {
    name: "p",
    dialect: "openai_chat",
    quirks: { thought: "reasoning_details" },
  } as const;
  assertEquals(
    thoughtFamily(openRouter, "anthropic/claude-opus-4.6"),
    "claude",
  );
});

Deno.test("J6: thought that nobody has signed comes back where it is wanted, unless the client has it", () => {
  const plain = { type: "reasoning", text: "hm" } as const;
  const keeper = new MemoryThoughtStore().of("a");
  new ThoughtCollector(keeper, "d/m").takeParts([plain, CALL]);
  assert(keeper.empty);
  new ThoughtCollector(keeper, "d/m", { unsigned: true })
    .takeParts([plain, CALL]);
  assertEquals(restored(keeper, [CALL], "d/m").parts, [plain, CALL]);
  const own = { ...plain, text: "own" };
  assertEquals(restored(keeper, [own, CALL], "d/m").parts, [own, CALL]);
  assertEquals(restored(keeper, [CALL], "claude").parts, [CALL]);
});
