import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import * as fc from "fast-check";
import type { CondensableMessage } from "./condensable.ts";
import { CONDENSE_STRATEGIES, ContextCondenser } from "./context_condenser.ts";
import type { SummaryRequest } from "./summarize_oldest.ts";
import { agentTurns, draws, say, words } from "./_test_conversation.ts";

const MODEL = "gpt-4o";
const text = (messages: readonly CondensableMessage[]) =>
  JSON.stringify(messages);

Deno.test("ContextCondenser leaves a conversation alone that fits", async () => {
  const conversation = {
    messages: agentTurns(3, { size: 20, random: draws(1) }),
  };
  const condensed = await new ContextCondenser().condense(conversation, {
    limit: 100_000,
    model: MODEL,
  });
  assertStrictEquals(condensed.conversation, conversation);
  assertEquals(condensed.report.before, condensed.report.after);
});

Deno.test("ContextCondenser never touches the system, the latest question and the last turn, and keeps calls with their results", async () => {
  const condenser = new ContextCondenser();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.integer({ min: 200, max: 20_000 }),
      fc.shuffledSubarray([...CONDENSE_STRATEGIES], { minLength: 1 }),
      async (turns, seed, limit, strategies) => {
        const messages = agentTurns(turns, { size: 60, random: draws(seed) });
        // Most end with a question, some in the middle of an agent's work.
        const cut = seed % 4 === 0 ? -1 : messages.length - 1;
        const asked = messages.slice(0, cut);
        const { conversation, report } = await condenser.condense(
          { messages: asked },
          { limit, model: MODEL, strategies },
        );
        const kept = conversation.messages;
        assertStrictEquals(kept[0], asked[0]);
        const question = asked.findLast(({ role }) => role === "user");
        assert(kept.includes(question as CondensableMessage));
        const last = asked.at(-1);
        if (last?.role !== "tool") assertStrictEquals(kept.at(-1), last);
        const ids = (type: string) =>
          kept.flatMap(({ parts }) => parts)
            .filter((part) => part.type === type)
            .map(({ id, callId }) => id ?? callId).sort();
        assertEquals(ids("tool_call"), ids("tool_result"));
        assert(report.after <= report.before || report.summarized > 0);
        if (report.fits) assertLessOrEqual(report.after, limit);
        assertEquals(
          kept.length,
          asked.length - report.dropped - report.summarized +
            (report.summarized > 0 ? 1 : 0),
        );
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("ContextCondenser keeps the beginning byte for byte for many turns of a conversation that grows", async () => {
  for (const strategy of ["drop_oldest", "middle_out"] as const) {
    const condenser = new ContextCondenser();
    const all = agentTurns(120, { size: 100, random: draws(7) });
    let before = "";
    let changes = 0;
    let condensed = 0;
    for (let end = 2; end < all.length; end++) {
      if (all[end - 1]?.role !== "user") continue;
      const { conversation, report } = await condenser.condense(
        { messages: all.slice(0, end) },
        { limit: 8_000, model: MODEL, strategies: [strategy] },
      );
      assert(report.fits);
      if (report.dropped > 0) condensed++;
      // All but the closing bracket.
      const now = text(conversation.messages).slice(0, -1);
      if (before !== "" && !now.startsWith(before)) changes++;
      before = now;
    }
    assertGreater(condensed, 50);
    // Without steps every one of them would begin in another way.
    assertLess(changes, condensed / 3, strategy);
  }
});

Deno.test("ContextCondenser cuts the middle out of long tool results, first those that are old", async () => {
  const result = (callId: string, size: number): CondensableMessage[] => [
    {
      role: "assistant",
      parts: [{ type: "tool_call", id: callId, name: "read", arguments: "{}" }],
    },
    {
      role: "tool",
      parts: [{
        type: "tool_result",
        callId,
        parts: [{
          type: "text",
          text: `head-${callId} ${"x y ".repeat(size)} tail-${callId}`,
        }],
      }],
    },
  ];
  const condenser = new ContextCondenser();
  const messages = [
    say("user", "Read both"),
    ...result("old", 20_000),
    ...result("new", 100),
  ];
  const { conversation, report } = await condenser.condense({ messages }, {
    limit: 6_000,
    model: MODEL,
    toolResultMaxTokens: 1_000,
  });
  assertEquals(
    { truncated: report.truncated, dropped: report.dropped, fits: report.fits },
    { truncated: 1, dropped: 0, fits: true },
  );
  const said = text(conversation.messages);
  for (const word of ["head-old", "tail-old", "head-new", "tail-new"]) {
    assertStringIncludes(said, word);
  }
  assertStringIncludes(said, "characters left out");
  assertStrictEquals(conversation.messages[4], messages[4]);
  // A single result that is too long for all: it is the last turn's, and cut.
  const huge = [say("user", "Read"), ...result("huge", 100_000)];
  const cut = await condenser.condense({ messages: huge }, {
    limit: 6_000,
    model: MODEL,
  });
  assertEquals([cut.report.truncated, cut.report.fits], [1, true]);
});

Deno.test("ContextCondenser leaves out what was said before, and puts it back when that goes", async () => {
  const file = `the-file ${words(1_000, draws(3))}`;
  const other = (n: number) => words(1_500, draws(n));
  const messages = [
    say("user", file),
    say("assistant", "Read it."),
    say("user", `${other(4)}`),
    say("assistant", other(5)),
    say("user", file),
    say("assistant", "Read it again."),
    say("user", "And now?"),
  ];
  const condenser = new ContextCondenser();
  const strategies = ["remove_duplicates", "drop_oldest"] as const;
  const roomy = await condenser.condense({ messages }, {
    limit: 9_000,
    model: MODEL,
    strategies,
  });
  assertEquals([roomy.report.duplicates, roomy.report.dropped], [1, 0]);
  assertEquals(text(roomy.conversation.messages).split("the-file").length, 2);
  const tight = await condenser.condense({ messages }, {
    limit: 7_000,
    model: MODEL,
    strategies,
  });
  // The first is gone, so the second says it all.
  assertGreater(tight.report.dropped, 0);
  assertEquals(tight.report.duplicates, 0);
  assertEquals(text(tight.conversation.messages).split("the-file").length, 2);
});

Deno.test("ContextCondenser sums up what is new only, and each chapter once", async () => {
  const condenser = new ContextCondenser();
  const all = agentTurns(80, { size: 100, random: draws(11) });
  const asked: SummaryRequest[] = [];
  const summarize = (request: SummaryRequest): Promise<string> => {
    asked.push(request);
    const facts = `${request.previous ?? ""} ${request.transcript}`
      .match(/fact-\d+ is \d+/g) ?? [];
    return Promise.resolve([...new Set(facts)].join("; "));
  };
  let requests = 0;
  for (let end = 2; end < all.length; end++) {
    if (all[end - 1]?.role !== "user") continue;
    const { conversation, report } = await condenser.condense(
      { messages: all.slice(0, end) },
      {
        limit: 8_000,
        model: MODEL,
        strategies: ["summarize"],
        summarize,
        summaryMaxTokens: 2_000,
      },
    );
    if (report.summarized === 0) continue;
    requests++;
    assertEquals(conversation.messages[1]?.role, "user");
    const said = text(conversation.messages);
    assert(said.includes("Summary of the conversation"), `request ${requests}`);
    // Every fact is still there, in the summary or in the turns that were kept.
    for (const [fact] of text(all.slice(0, end)).matchAll(/fact-\d+ is \d+/g)) {
      assert(said.includes(fact), fact);
    }
  }
  assertGreater(requests, 40);
  assertLess(asked.length, requests / 3);
  assert(asked.slice(1).every(({ previous }) => previous !== undefined));
});

Deno.test("ContextCondenser never shares summaries between scopes", async () => {
  const condenser = new ContextCondenser();
  const messages = agentTurns(40, { size: 100, random: draws(2) });
  let calls = 0;
  const summarize = () => Promise.resolve(`summary ${++calls}`);
  const under = (summaryScope: string) =>
    condenser.condense({ messages: messages.slice(0, -1) }, {
      limit: 8_000,
      model: MODEL,
      strategies: ["summarize"],
      summarize,
      summaryScope,
    });
  await under("team-a");
  const once = calls;
  await under("team-a");
  assertEquals(calls, once);
  await under("team-b");
  assertEquals(calls, once * 2);
});

Deno.test("L10: identical conversations at once are summed up once", async () => {
  const condenser = new ContextCondenser();
  const messages = agentTurns(12, { size: 100, random: draws(2) }).slice(0, -1);
  let calls = 0;
  const summarize = async (): Promise<string> => {
    calls++;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return "short";
  };
  const options = {
    limit: 4_000,
    model: MODEL,
    strategies: ["summarize"],
    summarize,
  } as const;
  await condenser.condense({ messages }, options);
  const alone = calls;
  await condenser.summaries.clear();
  calls = 0;
  const all = await Promise.all(
    Array.from(
      { length: 100 },
      () => condenser.condense({ messages }, options),
    ),
  );
  assertEquals(calls, alone);
  assert(all.every(({ report }) => report.fits && report.summarized > 0));
});

Deno.test("L10: who has no more time for a summary leaves alone, and the others get it", async () => {
  const condenser = new ContextCondenser();
  const messages = agentTurns(12, { size: 100, random: draws(2) }).slice(0, -1);
  const { promise: go, resolve } = Promise.withResolvers<void>();
  const signals: AbortSignal[] = [];
  const summarize = async ({ signal }: SummaryRequest): Promise<string> => {
    signals.push(signal);
    await go;
    signal.throwIfAborted();
    return "short";
  };
  const within = (summaryTimeoutMs: number) =>
    condenser.condense({ messages }, {
      limit: 4_000,
      model: MODEL,
      strategies: ["summarize"],
      summarize,
      summaryTimeoutMs,
    });
  const patient = within(60_000);
  const hasty = await within(20);
  assertEquals([hasty.report.summarized, hasty.report.fits], [0, true]);
  resolve();
  const { report } = await patient;
  assert(report.summarized > 0);
  // With nobody left the work is called off.
  const { promise: never } = Promise.withResolvers<never>();
  await condenser.summaries.clear();
  signals.length = 0;
  const alone = condenser.condense({ messages }, {
    limit: 4_000,
    model: MODEL,
    strategies: ["summarize"],
    summarize: ({ signal }) => {
      signals.push(signal);
      return never;
    },
    summaryTimeoutMs: 20,
  });
  await alone;
  assertEquals(signals.map(({ aborted }) => aborted), [true]);
});

Deno.test("ContextCondenser leaves turns out without a summary when the summarizer fails or hangs", async () => {
  const messages = agentTurns(40, { size: 100, random: draws(2) }).slice(0, -1);
  const summarizers = [
    () => Promise.reject(new Error("down")),
    ({ signal }: SummaryRequest) =>
      new Promise<string>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  ];
  for (const summarize of summarizers) {
    const failures: unknown[] = [];
    const condenser = new ContextCondenser({
      onFailure: (cause) => failures.push(cause),
    });
    const { report } = await condenser.condense({ messages }, {
      limit: 8_000,
      model: MODEL,
      strategies: ["summarize"],
      summarize,
      summaryTimeoutMs: 30,
    });
    assertEquals(failures.length, 1);
    assertEquals(report.summarized, 0);
    assertGreater(report.dropped, 10);
    assert(report.fits);
  }
});

Deno.test("L11: ContextCondenser lets others go on while it condenses a million tokens", async () => {
  const random = draws(5);
  const messages = agentTurns(100, { size: 4_000, random }).slice(0, -1);
  const condenser = new ContextCondenser({ sliceMs: 1 });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const { report } = await condenser.condense({ messages }, {
    limit: 100_000,
    model: MODEL,
    strategies: ["remove_duplicates", "summarize"],
    summarize: () => Promise.resolve("short"),
  });
  clearInterval(timer);
  assertGreater(report.before, 800_000);
  assert(report.fits);
  assertGreater(turns, 0);
});

Deno.test("ContextCondenser counts pictures and tools, and what can't fit it says", async () => {
  const condenser = new ContextCondenser();
  const picture = { role: "user", parts: [{ type: "image" }] };
  const messages = [
    ...Array.from({ length: 20 }, () => [picture, say("assistant", "Nice.")])
      .flat(),
    say("user", "Which was best?"),
  ];
  const { report } = await condenser.condense({ messages }, {
    limit: 5_000,
    model: MODEL,
  });
  assertGreater(report.before, 15_000);
  assert(report.fits);
  const tools = [{ name: "big", parameters: { x: "word ".repeat(20_000) } }];
  const hopeless = await condenser.condense(
    { messages: [say("user", "hi")], tools },
    { limit: 5_000, model: MODEL },
  );
  assertEquals(hopeless.report.fits, false);
});
