// What requests need besides their answers: summaries, and vectors of questions.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AccountsRig } from "./_accounts_rig.ts";
import { type Answering, json } from "./_answering_upstream.ts";
import { completion } from "./_chat_answers.ts";

const KEYS = { ann: "key-of-ann-51c0ffee00", bob: "key-of-bob-51c0ffee00" };

const AUTH = `auth:
  api_keys:
    - {name: ann, key: ${KEYS.ann}, team: core, models: [up/m]}
    - {name: bob, key: ${KEYS.bob}, team: edge, models: [up/m]}
`;

const SUMMARIES = `condensation:
  enabled: true
  truncation_threshold: 3000
  strategies: [summarize]
  summary_model: up/n
`;

const answer: Answering = ({ path, body }) =>
  path === "/v1/embeddings"
    ? json({
      object: "list",
      model: "n",
      data: [{ object: "embedding", index: 0, embedding: [1, 0] }],
      usage: { prompt_tokens: 40, total_tokens: 40 },
    })
    : completion(
      { content: body.model === "n" ? "In short." : "At length." },
      "stop",
      {
        usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
      },
    );

/** A conversation that is too long. */
function long(): object[] {
  return Array.from({ length: 41 }, (_, at) => ({
    role: at % 2 === 0 ? "user" : "assistant",
    content: `${at} ${"word ".repeat(200)}`,
  }));
}

Deno.test("summaries have rows of their own in the ledger, on their caller's key and budget", async () => {
  await using rig = await AccountsRig.start({
    answer,
    config: `${AUTH}
budgets: [{name: each, per: key, limit: 1, period: day}]
${SUMMARIES}`,
  });
  for (const key of Object.values(KEYS)) {
    const response = await rig.ask({ messages: long() }, { key });
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
  const sums = rig.upstream.asked.filter(({ body }) => body.model === "n");
  assert(sums.length >= 2);
  const rows = await rig.rows(sums.length + 2);
  assertEquals(rows.length, sums.length + 2);
  const aside = rows.filter(({ route }) => route === "/v1/condense");
  assertEquals(aside.length, sums.length);
  assertEquals(
    new Set(aside.map(({ key, team }) => `${key} ${team}`)),
    new Set(["ann core", "bob edge"]),
  );
  for (const { model, status, attempts: [attempt] } of aside) {
    assertEquals([model, status], ["up/n", 200]);
    assertEquals([attempt?.usage?.input, attempt?.usage?.output], [100, 10]);
    // 100 tokens at 2 dollars a million, 10 at 8.
    assertEquals(attempt?.cost, 280_000_000);
    assertEquals(attempt?.charges?.[0]?.[0], "each");
  }
});

Deno.test("a budget that is spent costs the summary, and tells so in its row", async () => {
  await using rig = await AccountsRig.start({
    answer,
    config: `${AUTH}
budgets: [{name: sums, per: model, of: up/n, limit: 0.000001, period: day}]
${SUMMARIES}`,
  });
  const response = await rig.ask({ messages: long() }, { key: KEYS.ann });
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertEquals(rig.upstream.asked.map(({ body }) => body.model), ["m"]);
  const rows = await rig.rows(2);
  assertEquals(
    rows.map(({ route, status }) => `${route} ${status}`).sort(),
    ["/v1/chat/completions 200", "/v1/condense 429"],
  );
});

Deno.test("a question's vector has a row of its own, on its caller's key, and is made once for all who ask", async () => {
  await using rig = await AccountsRig.start({
    answer,
    config: `${AUTH}
caching: {response_cache: {enabled: true}}
routes:
  - match: up/m
    targets: [up/m]
    cache: {enabled: true, semantic: {model: up/n}}
`,
  });
  const all = await Promise.all(
    Array.from({ length: 5 }, () => rig.ask({}, { key: KEYS.ann })),
  );
  for (const response of all) await response.body?.cancel();
  const paths = rig.upstream.asked.map(({ path }) => path).sort();
  assertEquals(paths, ["/v1/chat/completions", "/v1/embeddings"]);
  const rows = await rig.rows(6);
  const [vector] = rows.filter(({ route }) => route === "/v1/embeddings");
  assertEquals([vector?.key, vector?.team], ["ann", "core"]);
  assertEquals(vector?.attempts[0]?.cost, 80_000_000);
});

Deno.test("what is asked aside takes tokens of the caller's limit", async () => {
  await using rig = await AccountsRig.start({
    answer,
    config: `${AUTH}
rate_limit: {default: 100000 tokens/hour}
${SUMMARIES}`,
  });
  const left = async (messages: object[]): Promise<number> => {
    const response = await rig.ask({ messages }, { key: KEYS.ann });
    await response.body?.cancel();
    return Number(response.headers.get("x-ratelimit-remaining-tokens"));
  };
  const short = [{ role: "user", content: "hi" }];
  await left(short);
  const before = await left(short);
  await left(long());
  const sums = rig.upstream.asked.filter(({ body }) => body.model === "n");
  // Each of the requests and of the summaries came to 110 tokens.
  assertEquals(before - await left(short), 110 * (2 + sums.length));
  assert(sums.length > 0);
});

Deno.test("what is asked aside is not taken for the request that its caller sends with an Idempotency-Key", async () => {
  await using rig = await AccountsRig.start({
    answer,
    config: `${AUTH}
rate_limit: {default: 100000 tokens/hour}
${SUMMARIES}`,
  });
  const left: number[] = [];
  for (const replayed of [null, "true"]) {
    const response = await fetch(`${rig.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "idempotency-key": "once",
        authorization: `Bearer ${KEYS.ann}`,
      },
      body: JSON.stringify({ model: "up/m", messages: long() }),
    });
    await response.body?.cancel();
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("idempotent-replayed"), replayed);
    assertMatch(
      response.headers.get("x-llm-proxy-condensed") ?? "",
      /summarized=/,
    );
    left.push(Number(response.headers.get("x-ratelimit-remaining-tokens")));
  }
  const rows = await rig.rows(3);
  assertEquals(
    rows.filter(({ route }) => route === "/v1/condense")
      .every(({ status }) => status === 200),
    true,
  );
  // The replay takes nothing.
  const sums = rig.upstream.asked.filter(({ body }) => body.model === "n");
  assert(sums.length > 0);
  const response = await rig.ask({}, { key: KEYS.ann });
  await response.body?.cancel();
  const after = Number(response.headers.get("x-ratelimit-remaining-tokens"));
  assert(after > (left[1] ?? 0));
});
