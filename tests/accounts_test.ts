import { assert, assertEquals } from "@std/assert";
import { AccountsRig } from "./_accounts_rig.ts";
import { eventStream, json } from "./_answering_upstream.ts";
import { chunk, completion, completionBody } from "./_chat_answers.ts";
import { logLine } from "./_with_gateway.ts";

/** 11 in, 7 out: 22 + 56 micro-dollars. */
const COST = 78_000_000;
const USAGE = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
};

Deno.test("A5: a whole answer tells its cost in micro-dollars, as the log does, and its row whose price it is", async () => {
  await using rig = await AccountsRig.start({
    answer: () => completion({ content: "hi" }),
  });
  const response = await rig.ask();
  await response.body?.cancel();
  assertEquals(response.headers.get("x-llm-proxy-cost"), "78");
  const line = await logLine(rig);
  assertEquals(line.cost_usd, 0.000078);
  const [row] = await rig.rows(1);
  assertEquals(row?.id, response.headers.get("x-request-id"));
  assertEquals([row?.state, row?.status, row?.cost], ["settled", 200, COST]);
  assertEquals(row?.attempts, [{
    provider: "up",
    model: "m",
    reserved: 0,
    price: row?.attempts[0]?.price,
    outcome: "ok",
    usage: { input: 11, cached: 0, cacheWrite: 0, output: 7, reasoning: 0 },
    cost: COST,
  }]);
  const { source, version = "" } = row?.attempts[0]?.price ?? {};
  assertEquals(source, "config");
  assert(version.startsWith("2/8"), version);
  const metrics = await (await fetch(`${rig.url}/metrics`)).text();
  assert(
    /proxy_api_cost_usd_total\{provider="up",model="m"\} 0\.000078/.test(
      metrics,
    ),
  );
});

Deno.test("A1, A7: a stream's usage is counted once, wherever it rides, and a model without a price is told apart", async () => {
  await using rig = await AccountsRig.start({
    answer: () =>
      eventStream(
        chunk({ content: "h" }, null, { usage: USAGE }) +
          chunk({ content: "i" }, null, { usage: USAGE }) +
          chunk({}, "stop", { usage: USAGE }) + "data: [DONE]\n\n",
      ),
  });
  for (const model of ["up/m", "up/free"]) {
    const response = await rig.ask({ model, stream: true });
    assertEquals(response.headers.get("x-llm-proxy-cost"), null);
    const text = await response.text();
    assert(!text.includes("usage"));
  }
  const [priced, free] = await rig.rows(2);
  assertEquals(priced?.cost, COST);
  assertEquals(free?.cost, undefined);
  assertEquals(free?.attempts[0]?.usage?.output, 7);
});

Deno.test("A5, N9, N14: a fallback has a row for each attempt, and only what was billed costs", async () => {
  await using rig = await AccountsRig.start({
    answer: ({ body }) =>
      body.model === "m"
        ? json({ error: { message: "busy" } }, { status: 503 })
        : completion({ content: "hi" }),
    config: "retry: {budget: 1}\nroutes: [{match: x, targets: [up/m, up/n]}]",
  });
  const response = await rig.ask({ model: "x" });
  assertEquals(response.headers.get("x-llm-proxy-cost"), "78");
  await response.body?.cancel();
  const [row] = await rig.rows(1);
  assertEquals(
    row?.attempts.map(({ model, cost, usage }) => [model, cost, usage?.input]),
    [["m", 0, undefined], ["n", COST, 11]],
  );
  assertEquals(row?.model, "x");
});

Deno.test("A5: an answer that is of no use is billed all the same", async () => {
  await using rig = await AccountsRig.start({
    answer: () => json({ choices: [], usage: USAGE }),
  });
  const response = await rig.ask();
  assertEquals(response.status, 502);
  await response.body?.cancel();
  const [row] = await rig.rows(1);
  assertEquals([row?.status, row?.cost], [502, COST]);
  assertEquals(row?.error, row?.attempts[0]?.outcome);
});

Deno.test("A1: what was refused has a row without attempts, and what nobody may ask has none", async () => {
  await using rig = await AccountsRig.start({
    answer: () => completion({ content: "hi" }),
    config: "auth: {api_keys: [{name: ci, key: qW7rTz2Lm9XcVb4N, team: a}]}",
  });
  const key = "qW7rTz2Lm9XcVb4N";
  for (
    const [body, headers, status] of [
      [{ messages: 5 }, { key }, 400],
      [{ model: "none/x" }, { key }, 404],
      [{}, {}, 401],
      [{}, { key }, 200],
    ] as const
  ) {
    const response = await rig.ask(body, headers);
    assertEquals(response.status, status);
    await response.body?.cancel();
  }
  const rows = await rig.rows(3);
  assertEquals(
    rows.map((row) => [row.status, row.attempts.length, row.key, row.team]),
    [[400, 0, "ci", "a"], [404, 0, "ci", "a"], [200, 1, "ci", "a"]],
  );
});

Deno.test("A5: what a provider says that it charges counts where that is wanted, else it is told where it differs", async () => {
  const answer = () =>
    json(completionBody({ content: "hi" }, "stop", {
      usage: { ...USAGE, cost: 0.0005 },
    }));
  await using rig = await AccountsRig.start({
    answer,
    provider: "cost: reported",
  });
  const response = await rig.ask();
  await response.body?.cancel();
  assertEquals(response.headers.get("x-llm-proxy-cost"), "500");
  await using other = await AccountsRig.start({ answer });
  await (await other.ask()).body?.cancel();
  await (await other.ask()).body?.cancel();
  const [row] = await other.rows(2);
  assertEquals([row?.cost, row?.attempts[0]?.reported], [COST, 500_000_000]);
  // What an invoice is held against.
  const usage = await (await fetch(`${other.url}/v1/usage?by=provider`)).json();
  const [{ cost_microdollars: cost, ...totals }] = usage.data;
  assertEquals([cost, totals.provider], [2 * 78, "up"]);
  assertEquals(totals.reported_attempts, 2);
  assertEquals(totals.reported_microdollars, 2 * 500);
  const told = other.lines.filter((line) =>
    line.includes("charges something else")
  );
  assertEquals(told.length, 1);
  assertEquals(JSON.parse(told[0] ?? "").reported_usd, 0.0005);
});

Deno.test("A5: embeddings cost what their tokens do", async () => {
  await using rig = await AccountsRig.start({
    answer: () =>
      json({
        object: "list",
        data: [{ object: "embedding", index: 0, embedding: [1] }],
        model: "m",
        usage: { prompt_tokens: 6, total_tokens: 6 },
      }),
  });
  const response = await rig.ask({ input: "hi", messages: undefined }, {
    path: "/v1/embeddings",
  });
  await response.body?.cancel();
  assertEquals(response.headers.get("x-llm-proxy-cost"), "12");
  const [row] = await rig.rows(1);
  assertEquals([row?.route, row?.cost], ["/v1/embeddings", 12_000_000]);
});

/** A stream that goes on until it is let go, with its usage at the end. */
function slowStream(): { readonly answer: () => Response; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  async function* pieces(): AsyncGenerator<string> {
    yield chunk({ content: "one two three four " });
    await promise;
    yield chunk({ content: "five" });
    yield chunk({}, "stop", { usage: USAGE });
    yield "data: [DONE]\n\n";
  }
  return { answer: () => eventStream(pieces()), release: resolve };
}

/** Reads the first piece of a stream and leaves. */
async function leave(rig: AccountsRig, model: string): Promise<void> {
  const leaving = new AbortController();
  const response = await rig.ask({ model, stream: true }, {
    signal: leaving.signal,
  });
  const reader = response.body?.getReader();
  await reader?.read();
  leaving.abort();
  await reader?.cancel().catch(() => {});
}

Deno.test("A3, L2: a stream whose client leaves is cancelled and billed by what was sent and delivered, as an estimate", async () => {
  const upstream = slowStream();
  await using rig = await AccountsRig.start({ answer: upstream.answer });
  await leave(rig, "up/m");
  const [row] = await rig.rows(1);
  const { usage, outcome, cost = 0 } = row?.attempts[0] ?? {};
  assertEquals(outcome, "client_closed");
  assertEquals(usage?.isEstimated, true);
  // 19 letters.
  assertEquals(usage?.output, 5);
  assert(usage !== undefined && usage.input > 10 && usage.input < 40);
  assertEquals(cost, (usage.input * 2 + 5 * 8) * 1_000_000);
  upstream.release();
});

Deno.test("A3: a client that leaves before anything was sent for it pays nothing", async () => {
  const upstream = slowStream();
  await using rig = await AccountsRig.start({
    answer: upstream.answer,
    provider: "max_connections: 1",
  });
  const first = await rig.ask({ model: "up/m", stream: true });
  const leaving = new AbortController();
  const queued = rig.ask({ model: "up/n" }, { signal: leaving.signal });
  // By then it waits for the connection that the other has.
  await new Promise((resolve) => setTimeout(resolve, 150));
  leaving.abort();
  await queued.catch(() => {});
  await rig.rows(1);
  upstream.release();
  await first.text();
  const rows = await rig.rows(2);
  const left = rows.find(({ model }) => model === "up/n");
  assertEquals(rig.upstream.asked.length, 1);
  assertEquals(left?.error, "client_closed");
  // Where the machine is slow there may be no attempt at all.
  assertEquals([left?.attempts[0]?.usage, left?.cost ?? 0], [undefined, 0]);
});

Deno.test("A3: drain-to-bill and finish-and-cache read on for the usage that the provider tells", async () => {
  for (const policy of ["drain-to-bill", "finish-and-cache"]) {
    const upstream = slowStream();
    await using rig = await AccountsRig.start({
      answer: upstream.answer,
      config: `routes: [{match: x, targets: [up/m], hang_up: ${policy}}]`,
    });
    await leave(rig, "x");
    await new Promise((resolve) => setTimeout(resolve, 50));
    upstream.release();
    const [row] = await rig.rows(1);
    assertEquals([row?.cost, row?.attempts[0]?.outcome], [COST, "ok"], policy);
    assertEquals(row?.error, "client_closed");
    assertEquals((await logLine(rig)).error, "client_closed");
  }
});

Deno.test("A3: drain-to-bill reads on for its time and no longer", async () => {
  const upstream = slowStream();
  await using rig = await AccountsRig.start({
    answer: upstream.answer,
    config:
      "routes: [{match: x, targets: [up/m], hang_up: drain-to-bill, drain_timeout: 0.1}]",
  });
  await leave(rig, "x");
  const [row] = await rig.rows(1);
  assertEquals(row?.attempts[0]?.usage?.isEstimated, true);
  upstream.release();
});

Deno.test("A1: a shadow copy is billed in a row of its own", async () => {
  await using rig = await AccountsRig.start({
    answer: () => completion({ content: "hi" }),
    config:
      "routes: [{match: x, targets: [up/m], shadow: {share: 1, target: up/n}}]",
  });
  const response = await rig.ask({ model: "x" });
  await response.body?.cancel();
  const rows = await rig.rows(2);
  const shadow = rows.find(({ route }) => route === "shadow");
  assertEquals(shadow?.id, `${response.headers.get("x-request-id")}_shadow`);
  assertEquals([shadow?.attempts[0]?.model, shadow?.cost], ["n", COST]);
});

Deno.test("A1: 400 mixed requests are exactly 400 rows, their attempts those that the upstream saw, their ids ours", async () => {
  await using rig = await AccountsRig.start({
    // Providers' ids are empty, or the same for all.
    answer: ({ body }, number) => {
      if (body.model === "m" && number % 5 === 0) {
        return json({ error: { message: "busy" } }, { status: 503 });
      }
      if (body.stream) {
        return eventStream(
          chunk({ content: "hi" }, null, { id: "" }) +
            chunk({}, "stop", { usage: USAGE }) + "data: [DONE]\n\n",
        );
      }
      return json(completionBody({ content: "hi" }, "stop", { id: "" }));
    },
    config: `retry: {budget: 1}
circuit_breaker: {failure_threshold: 1000, min_samples: 10000}
routes: [{match: x, targets: [up/m, up/n]}]`,
  });
  const ids = new Set<string>();
  const kinds = [
    { model: "x" },
    { model: "x", stream: true },
    { model: "up/m" },
    { model: "x", messages: 5 },
    { model: "none/x" },
  ];
  for (let round = 0; round < 16; round++) {
    await Promise.all(Array.from({ length: 25 }, async (_, n) => {
      const leaving = new AbortController();
      const response = await rig.ask(kinds[n % kinds.length], {
        signal: leaving.signal,
      });
      ids.add(response.headers.get("x-request-id") ?? "");
      if (n % 7 === 0) {
        leaving.abort();
        await response.body?.cancel().catch(() => {});
      } else await response.text();
    }));
  }
  const rows = await rig.rows(400);
  assertEquals(rows.length, 400);
  assertEquals(new Set(rows.map(({ id }) => id)), ids);
  const attempts = rows.reduce((sum, row) => sum + row.attempts.length, 0);
  assertEquals(attempts, rig.upstream.asked.length);
  const cost = rows.reduce((sum, row) => sum + (row.cost ?? 0), 0);
  const usage = await (await fetch(`${rig.url}/v1/usage`)).json();
  assertEquals(usage.data[0].requests, 400);
  assertEquals(usage.data[0].cost_microdollars, cost / 1_000_000);
});
