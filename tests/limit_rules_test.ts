// L8: limits of teams, users, organisations and models, over all routes.
import { assert, assertEquals } from "@std/assert";
import { startGateway, type TestGateway } from "./_gateway.ts";

const KEYS = ["a1", "a2", "b1"].map((
  name,
) => [name, `cfg-${name}-Zu2Rq8TnVw4y`]);
const YAML = `
providers: [{type: mock}]
auth:
  api_keys:
    - {name: a1, key: ${KEYS[0]?.[1]}, team: a, user: ann, organisation: o}
    - {name: a2, key: ${KEYS[1]?.[1]}, team: a, user: bob, organisation: o}
    - {name: b1, key: ${KEYS[2]?.[1]}, team: b, user: ann, organisation: o}
`;

interface Told {
  readonly status: number;
  readonly message: string | undefined;
  readonly headers: Headers;
}

async function ask(
  { url }: TestGateway,
  key: string,
  { model = "mock/echo", path = "/v1/chat/completions" } = {},
): Promise<Told> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-api-key": `cfg-${key}-Zu2Rq8TnVw4y`,
    },
    body: JSON.stringify({
      model,
      max_tokens: 5,
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  const { error } = await response.json();
  const { status, headers } = response;
  return { status, headers, message: error?.message };
}

async function withRules(
  rules: string,
  use: (gateway: TestGateway) => Promise<void>,
): Promise<void> {
  const gateway = await startGateway(
    `${YAML}rate_limit: {default: 1000/minute, rules: [${rules}]}\n`,
  );
  try {
    await use(gateway);
  } finally {
    await gateway.close();
  }
}

async function statuses(
  gateway: TestGateway,
  keys: readonly string[],
  more: Parameters<typeof ask>[2] = {},
): Promise<number[]> {
  const all: number[] = [];
  for (const key of keys) all.push((await ask(gateway, key, more)).status);
  return all;
}

Deno.test("L8: a team, a user and an organisation have limits in common, whatever keys and routes they use", async () => {
  await withRules(
    "{name: teams, per: team, limits: 3/hour}",
    async (gateway) => {
      assertEquals(await statuses(gateway, ["a1", "a2", "b1"]), [
        200,
        200,
        200,
      ]);
      const more = { path: "/v1/messages" };
      assertEquals(await statuses(gateway, ["a1", "a2", "b1"], more), [
        200,
        429,
        200,
      ]);
      const { message, headers } = await ask(gateway, "a1");
      assertEquals(
        message,
        "The limit of requests in 'teams' for 'a' is reached",
      );
      assertEquals(headers.get("x-ratelimit-remaining-requests"), "0");
      assert(Number(headers.get("retry-after")) > 3_000);
    },
  );
  await withRules(
    "{name: ann, per: user, of: an*, limits: 2/hour}, {name: org, per: organisation, limits: 4/hour}",
    async (gateway) => {
      const all = await statuses(gateway, ["a1", "b1", "b1", "a2", "a2", "a2"]);
      assertEquals(all, [200, 200, 429, 200, 200, 429]);
    },
  );
});

Deno.test("L8: a model has limits over all callers, and a request that it refuses has counted nowhere", async () => {
  const rules = "{name: dear, per: model, of: mock/l*, limits: 2/hour}," +
    "{name: keys, per: key, limits: 4/hour}";
  await withRules(rules, async (gateway) => {
    const model = "mock/lorem";
    assertEquals(await statuses(gateway, ["a1", "b1"], { model }), [200, 200]);
    for (let turn = 0; turn < 6; turn++) {
      const { status, message } = await ask(gateway, "a1", { model });
      assertEquals([status, message], [
        429,
        "The limit of requests in 'dear' for 'mock/lorem' is reached",
      ]);
    }
    // Of its own four it has used one.
    assertEquals(await statuses(gateway, Array(4).fill("a1")), [
      200,
      200,
      200,
      429,
    ]);
    const told = await ask(gateway, "a2");
    assertEquals(told.headers.get("x-ratelimit-remaining-requests"), "3");
  });
});

Deno.test("L8: tokens of a model are settled with what it used, and slots come back", async () => {
  const rules =
    "{name: m, per: model, limits: [1000 tokens/hour, 1 concurrent]}";
  await withRules(rules, async (gateway) => {
    for (let turn = 0; turn < 20; turn++) {
      assertEquals((await ask(gateway, "a1")).status, 200);
    }
    const { headers } = await ask(gateway, "b1");
    const left = Number(headers.get("x-ratelimit-remaining-tokens"));
    // 20 times 2 tokens, and what is reserved for this one.
    assert(left > 900 && left < 1_000, `${left}`);
  });
});

Deno.test("rules for everybody hold where nobody has a key, and those of one name are a fault", async () => {
  const gateway = await startGateway(`
providers: [{type: mock}]
rate_limit: {default: 1000/minute, rules: [{name: all, per: all, limits: 2/hour}]}
`);
  try {
    assertEquals(await statuses(gateway, ["x", "x", "x"]), [200, 200, 429]);
  } finally {
    await gateway.close();
  }
  const error = await startGateway(
    `${YAML}rate_limit: {rules: [{name: a, per: all, of: x, limits: 2/hour}, {name: a, per: key, limits: 1/hour}]}\n`,
  ).catch((error) => error);
  assert(error.message.includes("rate_limit.rules holds this name already"));
  assert(error.message.includes("a limit for all has no name of one"));
});
