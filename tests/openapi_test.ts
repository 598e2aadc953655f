// What the gateway says of itself: every route, from the table that serves it.
import { assert, assertEquals } from "@std/assert";
import { createApp, defaultConfig } from "@llm-proxy/api";
import { ROUTE_TEXTS } from "../api/_route_texts.ts";
import {
  adminSurface,
  openApi,
  type Operation,
  publicSurface,
} from "../api/openapi.ts";
import { startGateway } from "./_gateway.ts";

const KEY = "openapi-key-7Gh2Kd9s";

Deno.test("/openapi.json describes every route and nothing else", () => {
  const routes = [...publicSurface.routes, ...adminSurface.routes]
    .map(({ method, path }) => `${method} ${path}`);
  assertEquals([...ROUTE_TEXTS.keys()].sort(), routes.sort());
  for (const surface of [publicSurface, adminSurface]) {
    const document = openApi(surface);
    const operations: (readonly [string, Operation])[] = Object.entries(
      document.paths,
    ).flatMap(([path, methods]) =>
      Object.values(methods).map((it) => [path, it] as const)
    );
    const ids = operations.map(([, { operationId }]) => operationId);
    assertEquals(new Set(ids).size, ids.length);
    for (const [path, { parameters, summary, tags }] of operations) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const told = parameters.filter((it) => it.in === "path");
      assertEquals(told.map(({ name }) => name), names);
      assert(!path.includes("*") && !/:\w+\//.test(path), path);
      assert(summary !== "" && tags.length === 1, path);
    }
    const text = JSON.stringify(document);
    for (
      const [, name = ""] of text.matchAll(/#\/components\/schemas\/(\w+)/g)
    ) {
      assert(document.components.schemas[name] !== undefined, name);
    }
  }
});

Deno.test("X14: /docs loads nothing, runs nothing, and lets nobody frame it", async () => {
  const app = createApp(defaultConfig());
  const response = await app.fetch(new Request("http://localhost/docs"));
  const page = await response.text();
  const policy = response.headers.get("content-security-policy") ?? "";
  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
  const bytes = new TextEncoder().encode(style);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const hash = new Uint8Array(digest).toBase64();
  assertEquals(
    policy,
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  assert(!/<script|<img|<iframe|\son\w+=|style=|https?:/i.test(page));
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
  for (const path of Object.keys(openApi(publicSurface).paths)) {
    assert(page.includes(`<code>${path}</code>`), path);
  }
  await app.close();
});

Deno.test("/openapi.json and /docs need no key and tell nothing of the config", async () => {
  const gateway = await startGateway(`
auth: {api_keys: [{name: secret-name, key: ${KEY}}]}
app: {name: secret-app}
providers: [{name: secret-provider, type: mock, models: [secret-model]}]
`);
  for (const path of ["/openapi.json", "/docs"]) {
    const response = await fetch(gateway.url + path);
    assertEquals(response.status, 200);
    assert(!(await response.text()).includes("secret-"));
  }
  await gateway.close();
});
