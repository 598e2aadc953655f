import { assert, assertEquals } from "@std/assert";
import { linesOf, parse } from "./_config_fixture_test.ts";
import { secretsOf } from "./_config_secret_list.ts";

const MOCK = "providers: [{type: mock}]\n";

Deno.test("state.path starts at the file, and memory is memory", () => {
  for (
    const [text, path] of [
      ["data", "data"],
      ["/var/lib/x", "/var/lib/x"],
      ["memory", "memory"],
      ["./memory", "memory/"],
    ] as const
  ) {
    const result = parse(`${MOCK}state: {path: ${text}}`);
    assert(result.ok);
    const wanted = path.replace(/\/$/, "");
    assertEquals(result.config.state, { path: wanted });
  }
});

Deno.test("state.url takes its token from the file or from the environment, and hides it", () => {
  const url = "https://kv.example";
  const own = parse(`${MOCK}state: {url: "${url}", token: kv-T4rEw2Qz}`);
  assert(own.ok);
  assertEquals(own.config.state, { url, token: "kv-T4rEw2Qz" });
  assert(secretsOf(own.config).includes("kv-T4rEw2Qz"));
  const variable = parse(`${MOCK}state: {url: "${url}"}`, {
    DENO_KV_ACCESS_TOKEN: "kv-U8iOp6Lk",
  });
  assert(variable.ok);
  assertEquals(variable.config.state, { url, token: "kv-U8iOp6Lk" });
});

Deno.test("F3: state tells what it lacks, without its token", () => {
  assertEquals(linesOf(`${MOCK}state: {url: "https://kv.example"}`), [
    "2:9 state.url: state.url needs state.token beside it: Environment variable 'DENO_KV_ACCESS_TOKEN' is not set",
  ]);
  assertEquals(linesOf(`${MOCK}state: {token: kv-T4rEw2Qz}`), [
    "2:9 state.token: state.token needs state.url",
  ]);
  const [line = ""] = linesOf(
    `${MOCK}state: {url: "https://kv.example", token: '"kv-T4rEw2Qz"'}`,
  );
  assert(line.includes("state.token") && !line.includes("T4rEw2Qz"), line);
});

Deno.test("state.url may be Redis, with the password of the file, of the environment or none", () => {
  const url = "redis://redis.example:6379/1";
  const text = `${MOCK}state: {url: "${url}"}`;
  const bare = parse(text);
  assert(bare.ok);
  assertEquals(bare.config.state, { url, token: undefined });
  const variable = parse(text, { REDIS_PASSWORD: "r-W8xYq2" });
  assert(variable.ok);
  assertEquals(variable.config.state, { url, token: "r-W8xYq2" });
  assert(secretsOf(variable.config).includes("r-W8xYq2"));
  const [line = ""] = linesOf(
    `${MOCK}state: {url: "redis://a:r-W8xYq2@redis.example"}`,
  );
  assert(line.includes("without password") && !line.includes("W8xYq2"), line);
});
