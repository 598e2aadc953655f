import { assert, assertEquals } from "@std/assert";
import { AccountsRig } from "./_accounts_rig.ts";
import { json } from "./_answering_upstream.ts";
import { completion, completionBody } from "./_chat_answers.ts";

const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
/** 11 tokens at 2 dollars a million and 7 at 8, in pico-dollars. */
const COST = 78_000_000;

Deno.test("N8: an answer whose provider tells no counts is estimated, marked so, and not free", async () => {
  await using rig = await AccountsRig.start({
    answer: () =>
      json({
        id: "1",
        model: "m",
        choices: [{
          message: { role: "assistant", content: "one two three four" },
          finish_reason: "stop",
        }],
      }),
  });
  const response = await rig.ask();
  await response.body?.cancel();
  const [row] = await rig.rows(1);
  const { usage, cost = 0 } = row?.attempts[0] ?? {};
  assertEquals(usage?.isEstimated, true);
  assert((usage?.output ?? 0) > 0 && cost > 0);
});

Deno.test("N9: an error, and a prompt that was blocked, cost nothing", async () => {
  const answers = [
    json({ error: { message: "no", code: "content_filter" } }, { status: 400 }),
    json({ error: { message: "broken" } }, { status: 500 }),
  ];
  await using rig = await AccountsRig.start({
    answer: () => answers.shift() ?? completion({ content: "hi" }),
  });
  for (let asked = 0; asked < 2; asked++) {
    const response = await rig.ask();
    assert(response.status >= 400);
    await response.body?.cancel();
  }
  for (const row of await rig.rows(2)) {
    assertEquals([row.cost, row.attempts[0]?.usage], [0, undefined]);
  }
});

Deno.test("N10: the service tier that was served decides on the price, whatever was asked for", async () => {
  await using rig = await AccountsRig.start({
    answer: () =>
      json(completionBody({ content: "hi" }, "stop", {
        usage: USAGE,
        service_tier: "flex",
      })),
    prices: "{input: 2, output: 8, service_tiers: {flex: 0.5, priority: 2}}",
  });
  const response = await rig.ask({ service_tier: "priority" });
  await response.body?.cancel();
  assertEquals(response.headers.get("x-llm-proxy-cost"), "39");
});

Deno.test("K12, N13: the price is that of the deployment that answered, whatever model its answer names", async () => {
  await using rig = await AccountsRig.start({
    answer: ({ body }) =>
      body.model === "free"
        ? json({ error: { message: "busy" } }, { status: 503 })
        : json({
          ...completionBody({ content: "hi" }, "stop", { usage: USAGE }),
          model: "some-router-choice",
        }),
    config:
      "retry: {budget: 1}\nroutes: [{match: x, targets: [up/free, up/m]}]",
  });
  const response = await rig.ask({ model: "x" });
  assertEquals((await response.json()).model, "some-router-choice");
  const [row] = await rig.rows(1);
  const attempts = row?.attempts.map(({ model, cost }) => [model, cost]);
  assertEquals(attempts, [["free", 0], ["m", COST]]);
});
