import { MemoryStateStore, type StateEntry } from "@llm-proxy/context";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { KeyStore } from "../api/key_store.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";

const MOCK = "providers: [{type: mock}]\n";
const CONFIG_KEY = "cfg-Zu2Rq8TnVw4yBd6F";

/** A gateway on a store that already has what `keys` makes. */
async function withKeys(
  use: (at: {
    readonly gateway: TestGateway;
    readonly keys: KeyStore;
    readonly state: MemoryStateStore;
  }) => Promise<void>,
  yaml = MOCK,
): Promise<void> {
  await using state = disposable(new MemoryStateStore());
  const keys = new KeyStore(state.it);
  const gateway = await startGateway(yaml, undefined, undefined, {
    state: state.it,
  });
  try {
    await use({ gateway, keys, state: state.it });
  } finally {
    await gateway.close();
  }
}

function disposable<T extends { close(): Promise<void> }>(
  it: T,
): AsyncDisposable & { readonly it: T } {
  return { it, [Symbol.asyncDispose]: () => it.close() };
}

async function ask(
  { url }: Pick<TestGateway, "url">,
  secret?: string,
  body: Record<string, unknown> = {},
): Promise<{ status: number; code: string | undefined }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify({
      model: "mock/echo",
      messages: [{ role: "user", content: "hi" }],
      ...body,
    }),
  });
  const answer = await response.json();
  return { status: response.status, code: answer.error?.code };
}

/** Waits until a gateway knows this key, and lets nobody in without one. */
async function known(
  gateway: Pick<TestGateway, "url">,
  secret: string,
): Promise<void> {
  await until(401, () => ask(gateway));
  for (let at = 0; (await list(gateway, secret)) === 401; at++) {
    if (at > 1_000) throw new Error("Never known");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function list(
  { url }: Pick<TestGateway, "url">,
  secret: string,
): Promise<number> {
  const response = await fetch(`${url}/v1/models`, {
    headers: { "x-api-key": secret },
  });
  await response.body?.cancel();
  return response.status;
}

/** Asks until the answer is as wanted; gives back how long that took, in ms. */
async function until(
  status: number,
  asking: () => Promise<{ status: number }>,
): Promise<number> {
  const begin = performance.now();
  for (;;) {
    if ((await asking()).status === status) return performance.now() - begin;
    if (performance.now() - begin > 20_000) throw new Error(`Never ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("F7: a key works as soon as it is made, ends as soon as it is deleted, and no caller without one gets in", async () => {
  await withKeys(async ({ gateway, keys }) => {
    assertEquals((await ask(gateway)).status, 200);
    const { key, secret } = await keys.create({ name: "first" });
    assertMatch(secret, /^llmp_[\w-]{43}$/);
    await until(401, () => ask(gateway));
    assertEquals((await ask(gateway, secret)).status, 200);
    await keys.create({ name: "second" });
    await keys.delete(key.id);
    await until(401, () => ask(gateway, secret));
    // It has gone for good, not for a moment.
    assertEquals(await ask(gateway, secret), {
      status: 401,
      code: "invalid_api_key",
    });
    assertEquals(gateway.log.at(1)?.key, undefined);
  });
});

Deno.test("F7: a rotated key has another secret, and the one before for as long as was said", async () => {
  await withKeys(async ({ gateway, keys }) => {
    const { key, secret } = await keys.create({ name: "a" });
    await until(200, () => ask(gateway, secret));
    const next = await keys.rotate(key.id, 60_000);
    await until(200, () => ask(gateway, next.secret));
    assertEquals((await ask(gateway, secret)).status, 200);
    const last = await keys.rotate(key.id);
    await until(401, () => ask(gateway, next.secret));
    assertEquals((await ask(gateway, secret)).status, 401);
    assertEquals((await ask(gateway, last.secret)).status, 200);
    await keys.change(key.id, { disabled: true });
    await until(401, () => ask(gateway, last.secret));
    const past = new Date(Date.now() - 1_000).toISOString();
    await keys.change(key.id, { disabled: null, expires: past });
    assertEquals((await ask(gateway, last.secret)).status, 401);
    await keys.change(key.id, { expires: null });
    await until(200, () => ask(gateway, last.secret));
  });
});

Deno.test("X2, K16: a key is refused models, routes, addresses and roles that are not its own, in its dialect", async () => {
  await withKeys(async ({ gateway, keys }) => {
    const issue = async (terms: Record<string, unknown>): Promise<string> =>
      (await keys.create({ name: "k", ...terms })).secret;
    const models = await issue({ models: ["mock/e*", "other"] });
    await known(gateway, models);
    assertEquals(await ask(gateway, models, { model: "mock/lorem" }), {
      status: 403,
      code: "model_not_allowed",
    });
    const routes = await issue({ routes: ["/v1/models", "/v1/emb*"] });
    const elsewhere = await issue({ ips: ["10.0.0.0/8", "::2"] });
    const here = await issue({ ips: ["127.0.0.0/8"] });
    await known(gateway, here);
    assertEquals((await ask(gateway, routes)).code, "route_not_allowed");
    assertEquals((await ask(gateway, elsewhere)).code, "ip_not_allowed");
    const status = async (secret: string): Promise<number> => {
      const response = await fetch(`${gateway.url}/v1/config/status`, {
        headers: { "x-api-key": secret },
      });
      await response.body?.cancel();
      return response.status;
    };
    const operator = await issue({ role: "operator" });
    await known(gateway, operator);
    assertEquals(await status(here), 403);
    assertEquals(await status(operator), 200);
    const messages = await fetch(`${gateway.url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": models },
      body: JSON.stringify({
        model: "mock/lorem",
        max_tokens: 5,
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    assertEquals(messages.status, 403);
    const { type, error } = await messages.json();
    assertEquals([type, error.type], ["error", "permission_error"]);
  });
});

Deno.test("L8: a key has limits of its own beside those of routes, and a refusal takes nothing", async () => {
  const yaml = `${MOCK}rate_limit: {default: 1000/minute}\n`;
  await withKeys(async ({ gateway, keys }) => {
    const { secret } = await keys.create({ name: "a", limits: ["3/hour"] });
    const other = await keys.create({ name: "b", limits: "100/hour" });
    await known(gateway, other.secret);
    const statuses = [];
    for (let at = 0; at < 5; at++) {
      statuses.push((await ask(gateway, secret)).status);
    }
    assertEquals(statuses, [200, 200, 200, 429, 429]);
    assertEquals((await ask(gateway, other.secret)).status, 200);
  }, yaml);
});

Deno.test("A4: a key spends no more than its own budget", async () => {
  const yaml = `
providers:
  - type: mock
    models: [{name: echo, prices: {input: 1000, output: 1000}}]
`;
  await withKeys(async ({ gateway, keys }) => {
    const budget = { limit: 0.1, period: "day" };
    const { secret } = await keys.create({ name: "a", budget });
    await known(gateway, secret);
    const results = [];
    for (let at = 0; at < 12; at++) {
      results.push(await ask(gateway, secret, { max_tokens: 5 }));
    }
    const spent = results.filter(({ status }) => status === 200).length;
    assert(spent > 0 && spent < 12, `${spent} of 12`);
    assertEquals(results.at(-1)?.code, "insufficient_quota");
  }, yaml);
});

Deno.test("X3: the state holds keyed digests of keys, and nothing else of them", async () => {
  await withKeys(async ({ gateway, keys, state }) => {
    const secrets = [];
    for (let at = 0; at < 50; at++) {
      secrets.push((await keys.create({ name: `k${at}` })).secret);
    }
    const last = secrets.at(-1) ?? "";
    await known(gateway, last);
    const rows: StateEntry[] = [];
    for (let cursor: string | undefined;;) {
      const page = await state.list(["keys"], { cursor });
      rows.push(...page.entries);
      if ((cursor = page.cursor) === undefined) break;
    }
    const text = JSON.stringify(rows);
    for (const secret of secrets) {
      assert(!text.includes(secret.slice(5, 13)));
      assert(!text.includes(secret.slice(-8)));
    }
    assert(!gateway.lines.join().includes(last));
  });
});

Deno.test("X4: neighbours of a key and keys by chance are nobody's", async () => {
  await withKeys(async ({ gateway, keys }) => {
    const { secret } = await keys.create({ name: "a" });
    await known(gateway, secret);
    const other = secret.endsWith("A") ? "B" : "A";
    for (
      const wrong of [
        secret.slice(0, -1) + other,
        secret.slice(0, 40),
        `${secret}x`,
        secret.toUpperCase(),
        "__proto__",
        "",
      ]
    ) assertEquals((await ask(gateway, wrong)).status, 401, wrong);
  });
});

Deno.test("S7: while the keys cannot be read a known key of the config works, and others get 503, not 401", async () => {
  await using state = disposable(new MemoryStateStore());
  state.it.get = () => Promise.reject(new TypeError("out of reach"));
  const yaml = `${MOCK}auth: {api_keys: [{name: c, key: ${CONFIG_KEY}}]}\n`;
  for (const text of [yaml, MOCK]) {
    const gateway = await startGateway(text, undefined, undefined, {
      state: state.it,
    });
    try {
      assertEquals(await ask(gateway, "llmp_of-somebody-unknown"), {
        status: 503,
        code: "keys_unavailable",
      });
      const known = (await ask(gateway, CONFIG_KEY)).status;
      assertEquals(known, text === yaml ? 200 : 503);
    } finally {
      await gateway.close();
    }
  }
});

Deno.test("L10: many who ask at once at a cold start have the stored keys read once", async () => {
  await using state = disposable(new MemoryStateStore());
  const { secret } = await new KeyStore(state.it).create({ name: "a" });
  const list = state.it.list.bind(state.it);
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  state.it.list = async (prefix, options) => {
    if (prefix[0] === "keys") reads++;
    await gate.promise;
    return await list(prefix, options);
  };
  const gateway = await startGateway(MOCK, undefined, undefined, {
    state: state.it,
  });
  try {
    const all = Array.from({ length: 200 }, () => ask(gateway, secret));
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    for (const { status } of await Promise.all(all)) assertEquals(status, 200);
    assertEquals(reads, 1);
  } finally {
    await gateway.close();
  }
});

Deno.test("KeyStore refuses what is no key, and says why", async () => {
  await using state = disposable(new MemoryStateStore());
  const keys = new KeyStore(state.it);
  for (
    const [draft, param, fault] of [
      [{}, "name", "'name' is missing"],
      [
        { name: "a", role: "owner" },
        "role",
        "'role' must be one of client, viewer, operator, admin",
      ],
      [{ name: "a", ips: ["10.0.0.0/33"] }, "ips.0", "'ips[0]' must"],
      [{ name: "a", limits: "lots" }, "limits", "'limits' must look like"],
      [
        { name: "a", budget: { limit: -1, period: "day" } },
        "budget.limit",
        "'budget.limit' must be at least 0",
      ],
      [
        { name: "a", budget: { limit: 1 } },
        "budget.period",
        "'budget.period' is missing",
      ],
      [{ name: "a", digest: "x" }, undefined, "Unknown field 'digest'"],
      [
        { name: "a", expires: "tomorrow" },
        "expires",
        "'expires' must be a time",
      ],
      [null, undefined, "It must be a map"],
    ] as const
  ) {
    const error = await keys.create(draft).catch((error) => error);
    assertEquals([error.code, error.param], ["invalid_key", param]);
    assertStringIncludes(error.message, `The key cannot be so: ${fault}`);
  }
  const error = await keys.get("key_../../etc").catch((error) => error);
  assertEquals(error.status, 404);
});
