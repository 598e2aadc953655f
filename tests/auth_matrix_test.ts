// Every route × everything that is no key, from the table of routes: one answer, and nothing learned from it.
import { createApp, listen, parseConfig } from "@llm-proxy/api";
import { assert, assertEquals } from "@std/assert";
import type { Route } from "../api/dispatch.ts";
import { adminSurface, publicSurface } from "../api/openapi.ts";

const GOOD = "good-key-Xk29Lm4Qz7Wt";
const EXPIRED = "expired-key-Xk29Lm4Qz7";
const DISABLED = "disabled-key-Xk29Lm4Qz";
const YAML = `
auth:
  api_keys:
    - {name: secret-name, key: ${GOOD}, role: admin}
    - {name: old-name, key: ${EXPIRED}, role: admin, expires: "2020-01-01T00:00:00Z"}
    - {name: off-name, key: ${DISABLED}, role: admin, disabled: true}
providers: [{name: secret-provider, type: mock, models: [secret-model]}]
`;
/** What answers without a key; whatever else does is a hole. */
const OPEN = [
  "GET /",
  "GET /docs",
  "GET /health",
  "GET /health/live",
  "GET /health/ready",
  "GET /openapi.json",
];

/** What is no key. */
const WRONG: Readonly<Record<string, HeadersInit>> = {
  "none": {},
  "no scheme": { authorization: GOOD },
  "another scheme": { authorization: `Basic ${btoa(`x:${GOOD}`)}` },
  "nothing behind it": { authorization: "Bearer " },
  "quotes": { authorization: `Bearer ' OR '1'='1'; --` },
  "a name of JavaScript": { "x-api-key": "__proto__" },
  "half of it": { "x-api-key": GOOD.slice(0, 12) },
  "more than it": { "x-api-key": `${GOOD}x` },
  "two at once": { "x-api-key": `${GOOD}, ${GOOD}` },
  "its case": { "x-goog-api-key": GOOD.toUpperCase() },
  "16 KB": { "x-api-key": "k".repeat(16_000) },
  "other letters": { "x-api-key": "sch\u00fcssel-sch\u00fcssel" },
  "expired": { authorization: `Bearer ${EXPIRED}` },
  "disabled": { authorization: `Bearer ${DISABLED}` },
  "a token": { authorization: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0." },
  "a cookie": { cookie: `key=${GOOD}` },
};

function pathOf({ path }: Route): string {
  return path.replace(/(?<=\/):\w+(?=\/|$)/g, "none").replace("*", "a/b");
}

for (const surface of [publicSurface, adminSurface]) {
  Deno.test(`X1: every route × what is no key is one 401, told in one way (${surface.title})`, async () => {
    const parsed = parseConfig(YAML, { file: "a.yaml", env: () => undefined });
    assert(parsed.ok);
    const app = createApp(parsed.config);
    const listener = await listen(
      surface === adminSurface ? app.admin : app,
      { ...parsed.config.server, port: 0 },
    );
    const told = new Map<unknown, Set<string>>();
    const open = new Set<string>();
    for (const route of surface.routes) {
      const { path, client, keyInQuery } = route;
      const method = route.method === "ALL" ? "POST" : route.method;
      const inQuery = keyInQuery
        ? []
        : [["in the query", {}, `?key=${GOOD}&api_key=${GOOD}`]] as const;
      // Google's clients are told in their words where paths are shared.
      const isShared = path.startsWith("/v1/models");
      await Promise.all(
        [
          ...Object.entries(WRONG).map((it) => [...it, ""] as const),
          ...isShared ? [] : inQuery,
        ].map(async ([what, headers, query]) => {
          const response = await fetch(
            listener.url + pathOf(route) + query,
            {
              method,
              headers: { "content-type": "application/json", ...headers },
              ...method !== "GET" && method !== "DELETE" && { body: "{" },
            },
          );
          const text = await response.text();
          if (response.status !== 401) {
            open.add(`${method} ${path}`);
            return;
          }
          assert(!/secret-|mock|sqlite|digest/i.test(text), text);
          assertEquals(response.headers.get("www-authenticate"), "Bearer");
          assertEquals(response.headers.get("cache-control"), "no-store");
          const isGoogle = new Headers(headers).has("x-goog-api-key");
          if (isGoogle && isShared) return;
          const id = response.headers.get("x-request-id") ?? "";
          assert(id !== "", what);
          const texts = told.get(client) ?? new Set();
          told.set(client, texts.add(text.replaceAll(id, "")));
        }),
      );
    }
    assertEquals([...open].sort(), surface === adminSurface ? [] : OPEN);
    for (const texts of told.values()) assertEquals(texts.size, 1);
    await listener.close();
    await app.close();
  });
}
