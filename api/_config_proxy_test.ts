import { assert, assertEquals, assertThrows } from "@std/assert";
import { createServer } from "node:http";
import { faultsOf, linesOf, parse } from "./_config_fixture_test.ts";
import { secretsOf } from "./_config_secret_list.ts";
import { createApp } from "./app.ts";
import { defaultConfig } from "./default_config.ts";

const KEY = "gsk-T4rEw2Qz";
const PROXY = "http://user:Canary%40123@127.0.0.1:3128";

function env(some: Readonly<Record<string, string>>) {
  const values = new Map(Object.entries(some));
  return (name: string): string | undefined => values.get(name);
}

Deno.test("parseConfig() takes the proxy of the environment for what it is on the way to", () => {
  const result = parse(
    `
providers:
  - {type: groq, api_key: ${KEY}}
  - {type: openai, api_key: ${KEY}, proxy: "http://own:1"}
  - {type: deepseek, api_key: ${KEY}}
  - {type: vllm, base_url: "http://vllm.test:81/v1"}
  - {type: ollama}
  - {type: mock}
  - {type: xai, enabled: false}
`,
    {
      HTTPS_PROXY: PROXY,
      http_proxy: "plain.test:2",
      NO_PROXY: "api.deepseek.com",
    },
  );
  assert(result.ok, JSON.stringify(result));
  assertEquals(result.config.providers.map(({ proxy }) => proxy), [
    PROXY,
    "http://own:1",
    undefined,
    "http://plain.test:2",
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(secretsOf(result.config), [KEY, "Canary%40123", "Canary@123"]);
});

Deno.test("X11: a proxy of the environment that can't be used is told where it is in the way, without its text", () => {
  const text = `
providers:
  - {type: groq, api_key: ${KEY}}
  - {type: mock}
  - {type: vllm, base_url: "http://vllm.test/v1"}
  - {type: groq, name: b, api_key: ${KEY}, proxy: "http://own:1"}
`;
  const form =
    "must be of the form 'http://user:password@host:port'; NO_PROXY leaves hosts out";
  for (
    const proxy of [
      "https://user:Canary@proxy",
      "socks5://Canary",
      "http://proxy/Canary",
      "http://us er:Canary@proxy",
      `http://Canary:${"x".repeat(2048)}@proxy`,
    ]
  ) {
    const variables = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy };
    assertEquals(linesOf(text, variables), [
      `3:12 providers[0].type: The proxy in HTTPS_PROXY ${form}`,
      `5:28 providers[2].base_url: The proxy in HTTP_PROXY ${form}`,
    ]);
    assert(!JSON.stringify(faultsOf(text, variables)).includes("Canary"));
    const { message } = assertThrows(
      () => defaultConfig({ env: env({ ...variables, GROQ_API_KEY: KEY }) }),
      TypeError,
    );
    assertEquals(message, `The proxy in HTTPS_PROXY ${form}`);
    // It is in nobody's way.
    assertEquals(defaultConfig({ env: env(variables) }).providers.length, 1);
  }
});

Deno.test("defaultConfig() has a provider asked through the proxy of the environment", async () => {
  const asked: unknown[] = [];
  const proxy = createServer();
  proxy.on("connect", ({ url, headers }, socket) => {
    asked.push([url, headers["proxy-authorization"]]);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  const { port } = proxy.address() as { readonly port: number };
  const app = createApp(defaultConfig({
    env: env({
      GROQ_API_KEY: KEY,
      HTTPS_PROXY: `user:Canary%40123@127.0.0.1:${port}`,
    }),
  }));
  const response = await app.fetch(
    new Request("http://localhost/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "groq/m",
        messages: [{ role: "user", content: "a" }],
      }),
    }),
  );
  const text = await response.text();
  assertEquals(response.status, 502, text);
  assert(!text.includes("Canary"), text);
  assertEquals(asked[0], [
    "api.groq.com:443",
    `Basic ${btoa("user:Canary@123")}`,
  ]);
  await app.close();
  await new Promise((done) => proxy.close(done));
});
