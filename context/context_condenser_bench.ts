import {
  CONDENSE_STRATEGIES,
  type CondenseStrategy,
  ContextCondenser,
} from "./context_condenser.ts";
import { agentTurns, draws } from "./_test_conversation.ts";

/** 200 turns and a million tokens. */
const messages = agentTurns(200, { size: 1_000, random: draws(1) }).slice(
  0,
  -1,
);
const short = agentTurns(20, { size: 60, random: draws(1) }).slice(0, -1);
const condenser = new ContextCondenser();

function bench(
  name: string,
  options: {
    readonly messages: typeof messages;
    readonly limit: number;
    readonly strategies?: readonly CondenseStrategy[];
  },
): void {
  const { messages, ...rest } = options;
  Deno.bench(name, async () => {
    await condenser.condense({ messages }, {
      ...rest,
      model: "gpt-4o",
      summarize: () => Promise.resolve("A summary."),
    });
  });
}

bench("a short conversation that fits", { messages: short, limit: 1e6 });
bench("a short conversation that does not", { messages: short, limit: 2_000 });
for (const strategy of CONDENSE_STRATEGIES) {
  bench(`a million tokens: ${strategy}`, {
    messages,
    limit: 100_000,
    strategies: [strategy],
  });
}
