import { assert, assertEquals } from "@std/assert";
import { parse } from "./_config_fixture_test.ts";
import { secretsOf } from "./_config_secret_list.ts";

Deno.test("X11: secretsOf() leaves no secret of a config out", () => {
  const result = parse(`
auth: {api_keys: [qW7rTz2Lm9XcVb4N]}
providers:
  - {type: groq, api_keys: [gsk-T4rEw2Qz, gsk-U8iOp6Lk], custom_headers: {x-a: header-1}}
  - {type: mock, proxy: "http://user:pa%40ss@proxy:1"}
  - {type: ollama, proxy: "http://proxy:1"}
  - {type: vllm, base_url: "http://vllm", proxy: "http://user:p455w0rd@proxy:1"}
  - {type: lmstudio, proxy: "http://user:p455w0rd@proxy:1"}
  - {type: llamacpp, proxy: "http://t0ken@proxy:1"}
telemetry: {headers: {x-b: header-2}}
`);
  assert(result.ok, JSON.stringify(result));
  assertEquals(secretsOf(result.config), [
    "qW7rTz2Lm9XcVb4N",
    "gsk-T4rEw2Qz",
    "gsk-U8iOp6Lk",
    "header-1",
    "pa%40ss",
    "pa@ss",
    "p455w0rd",
    "t0ken",
    "header-2",
  ]);
});
