// What passes as bytes is billed where its answer tells what it came to.
import { assert, assertEquals } from "@std/assert";
import { AccountsRig } from "./_accounts_rig.ts";
import { type Answering, eventStream, json } from "./_answering_upstream.ts";

/** 11 in, 7 out: 22 + 56 micro-dollars. */
const COST = 78_000_000;
const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

/** An answer for each path. */
const ANSWERS: Readonly<Record<string, () => Response>> = {
  "/v1/chat/completions": () => json({ model: "m", choices: [], usage: USAGE }),
  "/v1/streamed": () =>
    eventStream(
      `data: {"model":"m","choices":[]}\n\n` +
        `data: ${JSON.stringify({ model: "m", usage: USAGE })}\n\n` +
        "data: [DONE]\n\n",
    ),
  "/v1/messages": () =>
    eventStream(
      `event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":11,"output_tokens":1}}}\n\n` +
        `event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":7}}\n\n`,
    ),
  "/v1/models/n:generateContent": () =>
    json({
      candidates: [],
      usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7 },
      modelVersion: "n-001",
    }),
  "/v1/other": () => json({ model: "made-up", usage: USAGE }),
  "/v1/untold": () => json({ model: "m", data: [] }),
  "/v1/refused": () => json({ error: { message: "no" } }, { status: 404 }),
};

const answer: Answering = ({ path }) =>
  ANSWERS[path]?.() ?? json({}, { status: 500 });

async function pass(rig: AccountsRig, path: string): Promise<number> {
  const response = await rig.ask({ model: "m" }, { path });
  await response.body?.cancel();
  return response.status;
}

Deno.test("A5: a pass-through is priced where its answer tells tokens and a model that has a price, else told as unpriced", async () => {
  await using rig = await AccountsRig.start({ answer });
  for (const path of Object.keys(ANSWERS)) {
    await pass(rig, path.replace("/v1/", "/p/up/"));
  }
  const rows = await rig.rows(Object.keys(ANSWERS).length);
  assertEquals(
    rows.map(({ cost, attempts: [it] }) => [
      it?.model,
      it?.price?.source,
      it?.usage?.input,
      it?.usage?.output,
      cost,
    ]),
    [
      ["m", "config", 11, 7, COST],
      ["m", "config", 11, 7, COST],
      ["m", "config", 11, 7, COST],
      ["n", "config", 11, 7, COST],
      ["pass-through", undefined, 11, 7, undefined],
      ["m", undefined, undefined, undefined, undefined],
      ["pass-through", undefined, undefined, undefined, 0],
    ],
  );
  const usage = await (await fetch(`${rig.url}/v1/usage`)).json();
  const [{ cost_microdollars: cost, unpriced_attempts: unpriced }] = usage.data;
  assertEquals([cost, unpriced], [4 * 78, 2]);
});

Deno.test("A5: what is read again costs nothing, whatever it tells", async () => {
  await using rig = await AccountsRig.start({
    answer: () => json({ model: "m", usage: USAGE }),
  });
  for (const path of ["/p/up/responses/x", "/p/up/files/x/content"]) {
    await (await fetch(rig.url + path)).body?.cancel();
  }
  const rows = await rig.rows(2);
  assertEquals(
    rows.map(({ cost, attempts: [it] }) => [cost, it?.model, it?.usage]),
    Array(2).fill([0, "pass-through", undefined]),
  );
});

Deno.test("A4: a pass-through spends from budgets as any request does", async () => {
  await using rig = await AccountsRig.start({
    answer,
    config: "budgets: [{name: all, per: all, limit: 0.0001, period: total}]",
  });
  const path = "/p/up/chat/completions";
  assertEquals(await pass(rig, path), 200);
  assertEquals(await pass(rig, path), 200);
  assertEquals(await pass(rig, path), 429);
});

Deno.test("A5: what a provider says that it charges counts for a pass-through too", async () => {
  await using rig = await AccountsRig.start({
    answer: () => json({ model: "x", usage: { ...USAGE, cost: 0.0005 } }),
    provider: "cost: reported",
  });
  await pass(rig, "/p/up/anything");
  const [row] = await rig.rows(1);
  assertEquals(row?.cost, 500_000_000);
  assertEquals(row?.attempts[0]?.price?.source, "provider");
});

Deno.test("A5: pictures that pass as bytes cost what their tokens do", async () => {
  await using rig = await AccountsRig.start({
    answer: () =>
      json({
        data: [{ b64_json: "A".repeat(50_000) }],
        usage: { input_tokens: 11, output_tokens: 7, total_tokens: 18 },
      }),
  });
  await pass(rig, "/v1/images/generations");
  const [row] = await rig.rows(1);
  assertEquals([row?.cost, row?.attempts[0]?.model], [COST, "m"]);
});

Deno.test("A3: a pass-through whose client leaves is billed by what has come, as an estimate", async () => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  async function* words(): AsyncGenerator<string> {
    yield `data: {"message":{"model":"m","usage":{"input_tokens":11,"output_tokens":1}}}\n\n`;
    for (let n = 0; n < 20; n++) {
      yield `data: {"delta":{"text":"word "}}\n\n`;
    }
    await left;
  }
  await using rig = await AccountsRig.start({
    answer({ gone }) {
      gone.addEventListener("abort", () => leave());
      return eventStream(words());
    },
  });
  const leaving = new AbortController();
  const response = await rig.ask({ stream: true }, {
    path: "/p/up/messages",
    signal: leaving.signal,
  });
  let text = "";
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  while (text.split("word").length < 10) text += (await reader.read()).value;
  leaving.abort();
  await reader.cancel().catch(() => {});
  const [row] = await rig.rows(1);
  const { model, usage, cost = 0 } = row?.attempts[0] ?? {};
  assertEquals([model, usage?.input, usage?.isEstimated], ["m", 11, true]);
  assert(usage!.output > 1 && cost > 22_000_000 + 8_000_000, `${cost}`);
});

/** A budget of 40 requests that cost as much as they may: 20 and 100 tokens. */
const LIMIT = 40 * (20 * 2 + 100 * 8) / 1e6;

/** Asks as often at once, and tells how many were let through. */
async function crowd(
  rig: AccountsRig,
  { path, body = {} }: {
    readonly path: string;
    readonly body?: Record<string, unknown>;
  },
): Promise<number> {
  const statuses = await Promise.all(Array.from({ length: 200 }, async () => {
    const response = await rig.ask({ model: "m", ...body }, { path });
    await response.body?.cancel();
    return response.status;
  }));
  assertEquals(statuses.filter((it) => it !== 200 && it !== 429), []);
  return statuses.filter((it) => it === 200).length;
}

async function spentIn(rig: AccountsRig, requests: number): Promise<number> {
  const rows = await rig.rows(requests);
  return rows.reduce((sum, { cost = 0 }) => sum + cost, 0) / 1e12;
}

Deno.test("A4: 200 callers at once of a pass-through in a known dialect overspend nothing", async () => {
  const usage = {
    prompt_tokens: 20,
    completion_tokens: 100,
    total_tokens: 120,
  };
  await using rig = await AccountsRig.start({
    answer: () => json({ model: "m", choices: [], usage }),
    config: `budgets: [{name: all, per: all, limit: ${LIMIT}, period: total}]`,
  });
  const passed = await crowd(rig, {
    path: "/p/up/chat/completions",
    body: { max_tokens: 100 },
  });
  assert(passed > 0 && passed <= 40, `${passed} of 200`);
  const spent = await spentIn(rig, passed);
  assert(spent <= LIMIT, `${spent} of ${LIMIT}`);
});

Deno.test("A4: 200 callers at once of a pass-through that nothing bounds overspend one request at most", async () => {
  const usage = { prompt_tokens: 20, completion_tokens: 100 };
  await using rig = await AccountsRig.start({
    answer: () => json({ model: "m", choices: [], usage }),
    config: `budgets: [{name: all, per: all, limit: ${LIMIT}, period: total}]`,
  });
  const body = { n: "5" };
  for (let turn = 0; turn < 2; turn++) {
    const passed = await crowd(rig, { path: "/p/up/chat/completions", body });
    assert(passed > 0 && passed < 200, `${passed} of 200`);
  }
  const rows = await rig.rows(2);
  const spent = rows.reduce((sum, { cost = 0 }) => sum + cost, 0) / 1e12;
  assert(spent <= LIMIT + LIMIT / 40, `${spent} of ${LIMIT}`);
});

Deno.test("A4: a pass-through of another form sets aside what the config says, and is charged that where nobody tells its cost", async () => {
  await using rig = await AccountsRig.start({
    answer: ({ path }) =>
      path.endsWith("refused")
        ? json({}, { status: 400 })
        : json({ data: "done" }),
    config: "budgets: [{name: all, per: all, limit: 1, period: total}]",
    ledger: "{enabled: true, pass_through_reserve: 0.1}",
  });
  for (let turn = 0; turn < 20; turn++) {
    assertEquals(await pass(rig, "/p/up/refused"), 400);
  }
  assertEquals(await crowd(rig, { path: "/p/up/tunes" }), 10);
  const rows = await rig.rows(20 + 200);
  const charged = rows.filter(({ cost = 0 }) => cost > 0);
  assertEquals(
    charged.map(({ cost, attempts: [it] }) => [cost, it?.price]),
    Array(10).fill([100_000_000_000, { source: "reserve", version: "untold" }]),
  );
  // What is free is served all the same.
  for (
    const [method, path] of [
      ["GET", "/p/up/tunes/1"],
      ["POST", "/p/up/messages/count_tokens"],
    ] as const
  ) {
    const response = await fetch(rig.url + path, {
      method,
      ...method === "POST" && { body: "{}" },
    });
    await response.body?.cancel();
    assertEquals(response.status, 200, path);
  }
});

Deno.test("A4: a pass-through comes to its provider byte for byte, whether or not a budget has it read", async () => {
  const texts = [
    `{"model": "m",  "max_tokens":5,\n"x": 1.0}`,
    "no JSON",
    "",
  ];
  for (
    const budgets of [
      "",
      "budgets: [{name: all, per: all, limit: 9, period: total}]",
    ]
  ) {
    await using rig = await AccountsRig.start({
      answer: () => json({ model: "m" }),
      config: budgets,
    });
    for (const body of texts) {
      const response = await fetch(`${rig.url}/p/up/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json; charset=utf-8" },
        body,
      });
      await response.body?.cancel();
      assertEquals(response.status, 200);
    }
    assertEquals(rig.upstream.asked.map(({ text }) => text), texts);
  }
});
