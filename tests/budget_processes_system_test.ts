// Two processes that spend from one budget, with one state file between them.
import { assert, assertEquals } from "@std/assert";
import { startAnsweringUpstream } from "./_answering_upstream.ts";
import { completion } from "./_chat_answers.ts";
import { start } from "./_service.ts";

/** What an answer of the upstream costs, in micro-dollars. */
const COST = 78;
const BUDGETS = { bounded: 20_000, unknown: 200 } as const;
/** How many callers of each process ask at once. */
const CALLERS = 100;
const ROUNDS = 3;
/** What they may hear: where the file is slow nobody waits for it. */
const TOLD: ReadonlySet<string> = new Set([
  "ok",
  "budget_busy",
  "budget_unavailable",
  "insufficient_quota",
]);

/** The outcome of one request; only with a limit of its answer its cost has a bound. */
async function ask(
  url: string,
  model: keyof typeof BUDGETS,
): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: `up/${model}`,
      messages: [{ role: "user", content: "hi" }],
      ...(model === "bounded" && { max_tokens: 20 }),
    }),
  });
  const { error } = await response.json();
  return response.status === 200 ? "ok" : error.code;
}

Deno.test("A4: two processes on one file overspend nothing where reserves are upper bounds, else one request at most", async () => {
  // What the upstream answers is what it charges.
  const spent = { bounded: 0, unknown: 0 };
  const upstream = startAnsweringUpstream(async ({ body }) => {
    spent[body.model as keyof typeof BUDGETS] += COST;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    return completion({ content: "hi" });
  });
  const directory = await Deno.makeTempDir();
  const config = `${directory}/config.yaml`;
  const budgets = Object.entries(BUDGETS).map(([model, micro]) =>
    `{name: ${model}, per: model, of: up/${model}, limit: ${
      micro / 1e6
    }, period: total}`
  );
  await Deno.writeTextFile(
    config,
    `budgets: [${budgets.join()}]
providers:
  - name: up
    type: openai_compatible
    base_url: "${upstream.origin}/v1"
    models:
      - {name: bounded, prices: {input: 2, output: 8}}
      - {name: unknown, prices: {input: 2, output: 8}}
`,
  );
  const args = ["--config", config, "--state", `${directory}/state`];
  const services = [await start(args), await start(args)];
  const told = { bounded: new Set<string>(), unknown: new Set<string>() };
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(
      services.flatMap(({ url }) =>
        (["bounded", "unknown"] as const).flatMap((model) =>
          Array.from({ length: CALLERS }, async () => {
            told[model].add(await ask(url, model));
          })
        )
      ),
    );
    // What one has leased and does not need, the other gets after a moment.
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  for (const service of services) assertEquals(await service.stop(), 0);
  for (const set of Object.values(told)) {
    assert(set.has("ok") && set.size > 1, [...set].join());
    assert(set.isSubsetOf(TOLD), [...set].join());
  }
  const { bounded, unknown } = spent;
  assert(bounded <= BUDGETS.bounded, `${bounded} of ${BUDGETS.bounded}`);
  assert(unknown <= BUDGETS.unknown + COST, `${unknown}`);
  await upstream.close();
  await Deno.remove(directory, { recursive: true });
});
