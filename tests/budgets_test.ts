import { assert, assertEquals } from "@std/assert";
import { createHmac } from "node:crypto";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { AccountsRig } from "./_accounts_rig.ts";
import { json, startAnsweringUpstream } from "./_answering_upstream.ts";
import { completion } from "./_chat_answers.ts";

const KEY = "qW7rTz2Lm9XcVb4N";
const OTHER = "hJ3kPs8DfGy6QaZe";
const AUTH =
  `auth: {api_keys: [{name: ci, key: ${KEY}, user: u, team: a, organisation: o}, {name: web, key: ${OTHER}, team: b}]}`;

/** Each answer costs 78 micro-dollars. */
function start(budgets: string, more = ""): Promise<AccountsRig> {
  return AccountsRig.start({
    answer: () => completion({ content: "hi" }),
    config: `${AUTH}\nbudgets: [${budgets}]\n${more}`,
  });
}

async function status(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

Deno.test("A4: a budget that is used up refuses in the client's dialect, names itself and tells when it begins anew", async () => {
  await using rig = await start(
    "{name: teams, per: team, limit: 0.0005, period: month}",
  );
  const ask = () => rig.ask({ max_tokens: 5 }, { key: KEY });
  const seen: number[] = [];
  for (let n = 0; n < 8; n++) seen.push(await status(ask()));
  // 130 bytes at 2 and 5 tokens at 8 micro-dollars: reserve some 300, use 78.
  const served = seen.filter((it) => it === 200).length;
  assert(served >= 2 && served <= 6, String(seen));
  assertEquals(rig.upstream.asked.length, served);
  const refused = await ask();
  assertEquals(refused.status, 429);
  assertEquals(refused.headers.get("x-should-retry"), "false");
  const { error } = await refused.json();
  assertEquals(error.code, "insufficient_quota");
  assert(
    /budget 'teams' of 'a' has \$0\.000\d+ left, less than this request may cost: it begins anew at 2/
      .test(error.message),
    error.message,
  );
  assert(/begins anew at \d{4}-\d\d-01T00:00:00/.test(error.message));
  // Another team has its own, and other dialects are told in their own words.
  assertEquals(
    await status(rig.ask({ max_tokens: 5 }, { key: OTHER })),
    200,
  );
  const anthropic = await rig.ask({ max_tokens: 5 }, {
    key: KEY,
    path: "/v1/messages",
  });
  assertEquals(anthropic.status, 429);
  const told = await anthropic.json();
  assertEquals([told.type, told.error.type], ["error", "rate_limit_error"]);
  const rows = await rig.rows(served + 4);
  const refusals = rows.filter((row) => row.status === 429);
  assertEquals(refusals.every((row) => row.attempts.length === 0), true);
});

Deno.test("A4: the SDKs take a used-up budget for what it is, and do not try again", async () => {
  await using rig = await start(
    "{name: all, per: all, limit: 0.00001, period: total}",
  );
  const openai = new OpenAI({ apiKey: KEY, baseURL: `${rig.url}/v1` });
  const messages = [{ role: "user" as const, content: "hi" }];
  const one = await openai.chat.completions
    .create({ model: "up/m", max_tokens: 9, messages })
    .then(() => undefined, (error: unknown) => error);
  assert(one instanceof OpenAI.RateLimitError);
  assertEquals(one.code, "insufficient_quota");
  const anthropic = new Anthropic({ apiKey: KEY, baseURL: rig.url });
  const two = await anthropic.messages
    .create({ model: "up/m", max_tokens: 9, messages })
    .then(() => undefined, (error: unknown) => error);
  assert(two instanceof Anthropic.RateLimitError);
  assertEquals(rig.upstream.asked.length, 0);
  // One row each: nobody tried again.
  assertEquals((await rig.rows(2)).length, 2);
});

Deno.test("A4: every level is a budget of its own, all of them have to have room", async () => {
  for (
    const [per, of] of [
      ["all", "*"],
      ["organisation", "o"],
      ["team", "a"],
      ["user", "u"],
      ["key", "ci"],
      ["route", "/v1/chat/completions"],
      ["model", "up/m"],
      ["provider", "up"],
    ] as const
  ) {
    const name = of === "*" ? "" : `of: "${of}", `;
    await using rig = await start(
      `{name: wide, per: all, limit: 100, period: day}, {name: tight, per: ${per}, ${name}limit: 0.00001, period: total}`,
    );
    const refused = await rig.ask({ max_tokens: 5 }, { key: KEY });
    assertEquals(refused.status, 429, per);
    const { error } = await refused.json();
    assert(error.message.includes("'tight'"), error.message);
    const isOthers = ["organisation", "team", "user", "key"].includes(per);
    const other = rig.ask({ max_tokens: 5 }, { key: OTHER });
    assertEquals(await status(other), isOthers ? 200 : 429, per);
  }
});

Deno.test("A4: failed and refused requests cost what they should: nothing stays set aside", async () => {
  let isDown = true;
  await using rig = await AccountsRig.start({
    answer: () =>
      isDown
        ? json({ error: { message: "no" } }, { status: 500 })
        : completion({ content: "hi" }),
    config: `${AUTH}
budgets: [{name: all, per: all, limit: 0.0006, period: total}]
retry: {budget: 0}
circuit_breaker: {failure_threshold: 1000, min_samples: 1000}`,
  });
  for (let n = 0; n < 20; n++) {
    assertEquals(await status(rig.ask({ max_tokens: 5 }, { key: KEY })), 502);
  }
  isDown = false;
  assertEquals(await status(rig.ask({ max_tokens: 5 }, { key: KEY })), 200);
});

Deno.test("A4: what requests under way have set aside is told as such, with a wait", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using rig = await AccountsRig.start({
    answer: async () => {
      await promise;
      return completion({ content: "hi" });
    },
    config:
      `${AUTH}\nbudgets: [{name: all, per: all, limit: 0.0005, period: total}]`,
  });
  const first = rig.ask({ max_tokens: 5 }, { key: KEY });
  let second: Response | undefined;
  for (let n = 0; n < 20 && second?.status !== 429; n++) {
    await second?.body?.cancel();
    const asked = rig.ask({ max_tokens: 5 }, {
      key: KEY,
      signal: AbortSignal.timeout(100),
    });
    second = await asked.catch(() => undefined);
  }
  assertEquals(second?.status, 429);
  assertEquals(second?.headers.get("retry-after"), "1");
  assertEquals((await second?.json()).error.code, "budget_busy");
  resolve();
  assertEquals(await status(first), 200);
});

Deno.test("A4: a share that is passed is told in the log, in a header, and to a webhook, signed, again where that fails", async () => {
  const secret = "alr-Gh5Jk8Lz3Wq7";
  const hook = startAnsweringUpstream((_, number) =>
    new Response(null, { status: number === 0 ? 503 : 204 })
  );
  {
    await using rig = await start(
      "{name: all, per: all, limit: 0.0001, period: total, warn_at: [0.5], hard: false}",
      `budget_alerts: {url: "${hook.origin}/alerts", secret: ${secret}}`,
    );
    const ask = () => rig.ask({ max_tokens: 5 }, { key: KEY });
    const first = await ask();
    assertEquals(first.headers.get("x-llm-proxy-budget"), null);
    await first.body?.cancel();
    const second = await ask();
    assertEquals(second.headers.get("x-llm-proxy-budget"), '"all";used=0.5');
    await second.body?.cancel();
    assertEquals(
      rig.lines.filter((line) => line.includes("running out")).length,
      1,
    );
    const deadline = performance.now() + 10_000;
    while (hook.asked.length < 2 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  assertEquals(hook.asked.length, 2);
  for (const { headers, text } of hook.asked) {
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/
      .exec(headers["x-llm-proxy-signature"] ?? "") ?? [];
    const expected = createHmac("sha256", secret)
      .update(`${seconds}.${text}`).digest("hex");
    assertEquals(digest, expected);
  }
  const [one, two] = hook.asked.map(({ body }) => body);
  assertEquals(one, two);
  assertEquals(
    [one.type, one.budget, one.share, one.spent_usd, one.limit_usd],
    ["budget.warning", "all", 0.5, 0.000078, 0.0001],
  );
  await hook.close();
});

Deno.test("A4: 200 callers at once overspend nothing, over TCP", async () => {
  await using rig = await AccountsRig.start({
    answer: () => completion({ content: "hi" }),
    config:
      `${AUTH}\nbudgets: [{name: all, per: all, limit: 0.005, period: total}]`,
  });
  const made = await Promise.all(
    Array.from(
      { length: 200 },
      () => status(rig.ask({ max_tokens: 7 }, { key: KEY })),
    ),
  );
  const served = made.filter((it) => it === 200).length;
  assert(served > 0);
  const rows = await rig.rows(200);
  assertEquals(rows.length, 200);
  const spent = rows.reduce((sum, { cost = 0 }) => sum + cost, 0);
  assertEquals(spent, served * 78_000_000);
  assert(spent <= 5_000_000_000, String(spent));
});

Deno.test("A4: 200 callers at once, the cost of whose requests nobody knows, overspend one request at most, over TCP", async () => {
  const limit = 200;
  await using rig = await start(
    `{name: all, per: all, limit: ${limit / 1e6}, period: total}`,
  );
  const told = new Set<string>();
  // Each takes all that is left, and gives back what it does not need.
  for (let round = 0; round < 4; round++) {
    await Promise.all(Array.from({ length: 200 }, async () => {
      const response = await rig.ask({}, { key: KEY });
      const { error } = await response.json();
      told.add(error?.code ?? "ok");
    }));
  }
  const spent = rig.upstream.asked.length * 78;
  assert(spent >= limit && spent <= limit + 78, `${spent} of ${limit}`);
  assertEquals([...told].sort(), ["budget_busy", "insufficient_quota", "ok"]);
});

Deno.test("A4: of several answers at once each is set aside, whoever bounds them", async () => {
  const prices = "{input: 2, output: 8}";
  await using rig = await AccountsRig.start({
    answer: () => completion({ content: "hi" }),
    prices: `${prices}, max_output_tokens: 100`,
    config:
      `${AUTH}\nbudgets: [{name: all, per: all, limit: 0.01, period: total}]`,
  });
  const ask = (body: Record<string, unknown>): Promise<number> =>
    status(rig.ask(body, { key: KEY }));
  // Each may cost 800 micro-dollars by the model's own bound, or the caller's.
  assertEquals(await ask({ n: 20 }), 429);
  assertEquals(await ask({ n: 20, max_tokens: 100 }), 429);
  assertEquals(await ask({ n: 10 }), 200);
  assertEquals(rig.upstream.asked.length, 1);
});

Deno.test("L6: one that is far beyond its budget takes nothing from another within its own", async () => {
  await using rig = await start(
    "{name: teams, per: team, limit: 0.001, period: total}",
  );
  const ask = (key: string) => status(rig.ask({ max_tokens: 5 }, { key }));
  const greedy = Promise.all(Array.from({ length: 100 }, () => ask(KEY)));
  const modest: number[] = [];
  for (let n = 0; n < 5; n++) modest.push(await ask(OTHER));
  assertEquals(modest, [200, 200, 200, 200, 200]);
  const spent = (await greedy).filter((it) => it === 200).length * 78;
  assert(spent <= 1_000, String(spent));
});
