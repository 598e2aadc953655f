import { parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
import { anthropicClient, openAiChatClient } from "@llm-proxy/core/dialects";
import { buildRouteTable, type RouteMatch } from "@llm-proxy/core/routing";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as fc from "fast-check";
import { type AnswerKeyOptions, answerName } from "./_answer_key.ts";

/** Where names lead: each to a deployment of its own. */
function matches(): readonly RouteMatch[] {
  const factory = new ProviderFactory();
  const providers = ["one", "two"].map((name) => ({
    provider: factory.create({ name, type: "mock", models: ["a", "b"] }),
  }));
  const built = buildRouteTable([
    { match: "alias", targets: ["one/a"] },
    { match: "other", targets: ["one/b"] },
  ], { providers });
  assert(built.ok);
  factory.close();
  return ["one/a", "one/b", "two/a", "alias", "other"].map((name) =>
    built.table.match(name)!
  );
}

const MATCHES = matches();

function keyOf(
  value: object,
  options: Partial<AnswerKeyOptions> = {},
): string | undefined {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return answerName(parseJsonDocument(bytes), {
    model: "m",
    client: openAiChatClient,
    header: () => undefined,
    realm: "realm",
    tenant: "key ann",
    match: MATCHES[0]!,
    arm: "",
    ...options,
  })?.key;
}

const text = fc.constantFrom("", "a", "b", "a b", "ab", '"', "\\u0061", "é");
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 });

/** What a request means, drawn from so little that two are often the same. */
const meaning = fc.record({
  tenant: fc.constantFrom("key ann", "key bob", ""),
  realm: fc.constantFrom("one", "two"),
  model: fc.constantFrom("m", "n"),
  arm: fc.constantFrom("", "canary"),
  place: fc.integer({ min: 0, max: MATCHES.length - 1 }),
  messages: fc.array(
    fc.record({
      role: fc.constantFrom("system", "user", "assistant"),
      content: text.filter((text) => text !== ""),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  temperature: optional(fc.constantFrom(0, 1)),
  top_p: optional(fc.constantFrom(0.5, 1)),
  seed: optional(fc.constantFrom(1, 2)),
  stop: optional(fc.constantFrom(["a"], ["a", "b"], ["ab"])),
  max_tokens: optional(fc.constantFrom(1, 2)),
  service_tier: optional(fc.constantFrom("flex", "priority")),
  response_format: optional(fc.constantFrom(
    { type: "json_object" },
    ...[{ a: { type: "string" } }, { b: { type: "string" } }].map((
      properties,
    ) => ({
      type: "json_schema",
      json_schema: { name: "s", schema: { type: "object", properties } },
    })),
  )),
  tools: optional(fc.constantFrom(
    ...["f", "g"].map((name) => [{
      type: "function",
      function: { name, parameters: { type: "object", properties: {} } },
    }]),
  )),
});
type Meaning = typeof meaning extends fc.Arbitrary<infer T> ? T : never;

/** What changes nothing of an answer. */
const manner = fc.record({
  stream: optional(fc.boolean()),
  user: optional(fc.constantFrom("u-1", "u-2")),
});

function keyOfMeaning(
  { tenant, realm, arm, place, model, ...request }: Meaning,
  manner: object,
): string | undefined {
  return keyOf({ model, ...request, ...manner }, {
    model,
    tenant,
    realm,
    arm,
    match: MATCHES[place]!,
  });
}

Deno.test("X5: two requests have the same key only where they mean the same and are of one tenant", () => {
  let same = 0;
  const pair = meaning.chain((one) => {
    const names = Object.keys(one) as (keyof Meaning)[];
    // Nearly the same, as a rule: only what is drawn anew may differ.
    const other = fc.tuple(meaning, fc.subarray(names, { maxLength: 2 })).map(
      ([drawn, changed]) => ({
        ...one,
        ...Object.fromEntries(changed.map((name) => [name, drawn[name]])),
      }),
    );
    return fc.tuple(fc.constant(one), other, manner, manner);
  });
  fc.assert(
    fc.property(pair, ([one, other, mannerOfOne, mannerOfOther]) => {
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      if (isSame) same++;
      const key = keyOfMeaning(one, mannerOfOne);
      assert(key !== undefined);
      assertEquals(key === keyOfMeaning(other, mannerOfOther), isSame);
    }),
    { numRuns: 2_000 },
  );
  assert(same > 100 && same < 1_900, `${same} of 2000 pairs were the same`);
});

Deno.test("requests that mean the same have one key in all dialects", () => {
  const messages = [{ role: "user", content: "hi" }];
  const chat = { model: "m", max_tokens: 9, temperature: 1, messages };
  const claude = {
    model: "m",
    messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
    temperature: 1,
    max_tokens: 9,
    stream: true,
  };
  assertEquals(keyOf(chat), keyOf(claude, { client: anthropicClient }));
});

Deno.test("X5: crafted requests have no other's key", () => {
  const turns = (...messages: readonly (readonly [string, string])[]) => ({
    model: "m",
    messages: messages.map(([role, content]) => ({ role, content })),
  });
  const keys = [
    turns(["user", "a"], ["user", "b"]),
    turns(["user", 'a"},{"role":"user","content":"b']),
    turns(["user", "a\nuser: b"]),
    turns(["user", "ab"]),
    turns(["user", "a"], ["assistant", "b"]),
    turns(["system", "a"], ["user", "b"]),
  ].map((request) => keyOf(request));
  assertEquals(new Set(keys).size, keys.length);
  const tenants = ["", "key ", "key a", "key a b"];
  const request = turns(["user", "a"]);
  const byTenant = tenants.map((tenant) => keyOf(request, { tenant }));
  assertEquals(new Set(byTenant).size, tenants.length);
});

Deno.test("a field that no word fits makes another key, or none", () => {
  const request = { model: "m", messages: [{ role: "user", content: "a" }] };
  const tier = keyOf({ ...request, service_tier: "flex" });
  assertNotEquals(tier, keyOf(request));
  assertNotEquals(tier, keyOf({ ...request, service_tier: "priority" }));
  for (const more of [{ n: 2 }, { logprobs: true }, { "no such": 1 }]) {
    assertEquals(keyOf({ ...request, ...more }), undefined);
  }
  const beta = (value: string) =>
    keyOf({ ...request, max_tokens: 5 }, {
      client: anthropicClient,
      header: (name) => name === "anthropic-beta" ? value : undefined,
    });
  assertNotEquals(beta("a-1"), beta("b-2"));
});
