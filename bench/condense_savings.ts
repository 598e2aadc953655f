/**
 * What condensing saves on long conversations, what it costs the provider's
 * prompt cache, and for how long it keeps the event loop. Nothing is asked of a
 * network: the summarizer notes facts. Run it with
 * `deno task bench:condense`.
 *
 * @module
 */
import {
  type CondenseStrategy,
  ContextCondenser,
  measureContent,
  type SummaryRequest,
  TokenEstimator,
} from "@llm-proxy/context";
import { agentTurns, draws } from "../context/_test_conversation.ts";

const MODEL = "gpt-4o";
const LIMIT = 16_000;
const CONVERSATIONS = 10;
const TURNS = 100;
/** US dollars for a million tokens: input, from the prompt cache, and those of the model that sums up. */
const PRICES = {
  input: 2.5,
  cached: 1.25,
  summary: { input: 0.15, output: 0.6 },
};
/** Shorter beginnings are not cached. */
const LEAST_CACHED = 1024;

type Messages = ReturnType<typeof agentTurns>;

const estimator = new TokenEstimator();
const tokensOf = (content: unknown): number =>
  estimator.estimate(measureContent(content), MODEL).tokens;

/** What was sent of all requests, and what that costs. */
class Account {
  requests = 0;
  tokens = 0;
  cached = 0;
  summaryUsd = 0;
  facts = 0;
  asked = 0;
  #before: Messages = [];

  begin(): void {
    this.#before = [];
  }

  send(sent: Messages, facts: readonly string[]): void {
    let same = 0;
    while (
      same < sent.length &&
      JSON.stringify(sent[same]) === JSON.stringify(this.#before[same])
    ) same++;
    const kept = tokensOf(sent.slice(0, same));
    this.requests++;
    this.tokens += tokensOf(sent);
    this.cached += kept >= LEAST_CACHED ? kept : 0;
    this.#before = sent;
    const text = JSON.stringify(sent);
    this.asked += facts.length;
    this.facts += facts.filter((fact) => text.includes(fact)).length;
  }

  get usd(): number {
    const plain = this.tokens - this.cached;
    return (plain * PRICES.input + this.cached * PRICES.cached) / 1e6 +
      this.summaryUsd;
  }
}

async function run(
  strategies: readonly CondenseStrategy[] | undefined,
): Promise<Account> {
  const account = new Account();
  const summarize = (
    { transcript, previous = "", maxTokens }: SummaryRequest,
  ): Promise<string> => {
    const { input, output } = PRICES.summary;
    account.summaryUsd += (tokensOf(previous + transcript) * input +
      maxTokens * output) / 1e6;
    const facts = `${previous} ${transcript}`.match(/fact-\d+ is \d+/g) ?? [];
    return Promise.resolve([...new Set(facts)].join(" "));
  };
  const condenser = new ContextCondenser();
  for (let index = 0; index < CONVERSATIONS; index++) {
    const all = agentTurns(TURNS, { size: 200, random: draws(index + 1) });
    const facts: string[] = [];
    account.begin();
    for (let end = 1; end <= all.length; end++) {
      const last = all[end - 1];
      if (last?.role !== "user") continue;
      facts.push(...JSON.stringify(last).match(/fact-\d+ is \d+/g) ?? []);
      const messages = all.slice(0, end);
      if (strategies === undefined) {
        account.send(messages, facts);
        continue;
      }
      const { conversation } = await condenser.condense({ messages }, {
        limit: LIMIT,
        model: MODEL,
        strategies,
        summarize,
        summaryScope: String(index),
        summaryMaxTokens: 1_500,
      });
      account.send(conversation.messages, facts);
    }
  }
  return account;
}

/** The longest that a conversation of 200 turns and a million tokens keeps the event loop, in ms. */
async function longestSlice(
  strategies: readonly CondenseStrategy[],
): Promise<{ readonly longest: number; readonly tokens: number }> {
  // As a request comes: every text in one piece.
  const messages: Messages = JSON.parse(
    JSON.stringify(agentTurns(200, { size: 1_000, random: draws(9) })),
  );
  let longest = 0;
  let last = performance.now();
  let isOver = false;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setTimeout(look, 0);
  };
  setTimeout(look, 0);
  const { report } = await new ContextCondenser().condense({ messages }, {
    limit: 100_000,
    model: MODEL,
    strategies,
    summarize: () => Promise.resolve("A summary."),
  });
  isOver = true;
  longest = Math.max(longest, performance.now() - last);
  return { longest, tokens: report.before };
}

const CASES: readonly (readonly [
  name: string,
  strategies?: readonly CondenseStrategy[],
])[] = [
  ["as it is"],
  ["truncate_tool_results, drop_oldest", [
    "truncate_tool_results",
    "drop_oldest",
  ]],
  ["middle_out", ["middle_out"]],
  ["summarize", ["summarize"]],
];

/** How long the loop may be kept for 200 turns and a million tokens, in ms. */
const MAX_LOOP = 20;

const lines = [
  `${CONVERSATIONS} conversations of ${TURNS} turns, limit ${LIMIT} tokens`,
];
let base: Account | undefined;
for (const [name, strategies] of CASES) {
  const account = await run(strategies);
  base ??= account;
  const per = (sum: number): number => sum / account.requests * 1_000;
  lines.push(
    `${name.padEnd(36)} tokens saved ${
      (100 * (1 - account.tokens / base.tokens)).toFixed(1).padStart(5)
    } %, from cache ${
      (100 * account.cached / account.tokens).toFixed(0).padStart(2)
    } %, $${per(account.usd).toFixed(2).padStart(6)} for 1,000 requests` +
      ` (summaries $${per(account.summaryUsd).toFixed(2)}), facts in sight ${
        (100 * account.facts / account.asked).toFixed(0)
      } %`,
  );
}
for (
  const strategies of [
    ["truncate_tool_results", "remove_duplicates", "drop_oldest"],
    ["summarize"],
  ] as const
) {
  // The first run is the compiler's.
  await longestSlice(strategies);
  const { longest, tokens } = await longestSlice(strategies);
  if (longest > MAX_LOOP) Deno.exitCode = 1;
  lines.push(
    `${tokens} tokens, ${strategies.join(", ")}: the loop is kept ${
      longest.toFixed(1)
    } ms at most`,
  );
}
Deno.stdout.writeSync(new TextEncoder().encode(`${lines.join("\n")}\n`));
