// Every route × what may be wrong with a request: refused in the words of the route's dialect, and never a fault of the gateway's.
import { createApp, listen, parseConfig } from "@llm-proxy/api";
import { assert, assertEquals } from "@std/assert";
import type { Route } from "../api/dispatch.ts";
import { adminSurface, publicSurface } from "../api/openapi.ts";

const KEY = "matrix-admin-key-3Xk9";
const YAML = `
server: {max_body_mb: 0.02}
auth: {api_keys: [{name: a, key: ${KEY}, role: admin}]}
providers: [{type: mock, models: [echo]}]
`;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const JSON_TYPE = { "content-type": "application/json" };

interface Case {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

const BODIES: Readonly<Record<string, Case>> = {
  empty: { headers: JSON_TYPE, body: "" },
  "no object": { headers: JSON_TYPE, body: "[]" },
  "an empty object": { headers: JSON_TYPE, body: "{}" },
  "no JSON": { headers: JSON_TYPE, body: `{"model": ` },
  "no UTF-8": { headers: JSON_TYPE, body: new Uint8Array([0x7b, 0xff, 0x7d]) },
  "odd members": {
    headers: JSON_TYPE,
    body: JSON.stringify({
      __proto__: null,
      model: { a: [] },
      messages: 7,
      contents: "x",
      input: null,
      stream: "yes",
      id: [],
      value: [],
      grace: "long",
      name: 1,
    }),
  },
  "nested deeply": { headers: JSON_TYPE, body: "[".repeat(9_000) },
  "no type": { headers: { "content-type": "" }, body: "{}" },
  "another type": { headers: { "content-type": "text/plain" }, body: "{}" },
  "a form without an end": {
    headers: { "content-type": "multipart/form-data; boundary=x" },
    body: `--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nm`,
  },
  "a form without a boundary": {
    headers: { "content-type": "multipart/form-data" },
    body: "model=m",
  },
  "too large": { headers: JSON_TYPE, body: `{"a":"${"x".repeat(30_000)}"}` },
  compressed: {
    headers: { ...JSON_TYPE, "content-encoding": "gzip" },
    body: "{}",
  },
  "an odd encoding": {
    headers: { ...JSON_TYPE, "content-encoding": "x" },
    body: "{}",
  },
};

function pathOf({ path }: Route): string {
  return path.replace(":provider", "none").replace(
    /(?<=\/):\w+(?=\/|$)/g,
    "none",
  )
    .replace("*", "none/none");
}

function checkError({ client }: Route, text: string, what: string): void {
  const body = JSON.parse(text);
  if (client === "anthropic") {
    assertEquals(body.type, "error", what);
    assertEquals(typeof body.error.type, "string", what);
  } else if (client === "gemini") {
    assertEquals(typeof body.error.code, "number", what);
    assertEquals(typeof body.error.status, "string", what);
  } else {
    assertEquals(typeof body.error.type, "string", what);
    assertEquals(typeof body.error.code, "string", what);
  }
  assert(body.error.message.length > 0, what);
}

for (const surface of [publicSurface, adminSurface]) {
  Deno.test(`every route × wrong method, type, size and encoding is refused in its dialect (${surface.title})`, async () => {
    const parsed = parseConfig(YAML, { file: "a.yaml", env: () => undefined });
    assert(parsed.ok);
    const app = createApp(parsed.config);
    const listener = await listen(
      surface === adminSurface ? app.admin : app,
      { ...parsed.config.server, port: 0 },
    );
    let count = 0;
    const send = async (
      route: Route,
      { method, path = pathOf(route), name, headers, body }: {
        readonly method: string;
        readonly path?: string;
        readonly name: string;
        readonly headers?: Case["headers"];
        readonly body?: Case["body"];
      },
    ): Promise<void> => {
      const what = `${method} ${path} (${route.method}): ${name}`;
      const response = await fetch(listener.url + path, {
        method,
        headers: { authorization: `Bearer ${KEY}`, ...headers },
        ...(body !== undefined && { body }),
      });
      const text = await response.text();
      count++;
      assert(response.status < 500, `${what}: ${response.status} ${text}`);
      assert(response.headers.get("x-request-id") !== null, what);
      if (response.status >= 400) checkError(route, text, what);
    };
    for (const route of surface.routes) {
      const others = METHODS.filter((method) =>
        route.method !== "ALL" && method !== route.method &&
        !surface.routes.some((it) =>
          it.method === method && it.path === route.path
        )
      );
      // Google's clients are known by their paths; verbs stand on OpenAI's as well.
      const isShared = route.path.startsWith("/v1/models/*:");
      await Promise.all([
        ...isShared
          ? []
          : others.map((method) => send(route, { method, name: "a method" })),
        send(route, {
          method: route.method === "ALL" ? "GET" : route.method,
          path: `${pathOf(route)}?${"q".repeat(200)}=%00%ff&limit=-1&by=x`,
          name: "an odd query",
        }),
        ...["GET", "DELETE"].includes(route.method)
          ? []
          : Object.entries(BODIES).map(([name, it]) =>
            send(route, {
              method: route.method === "ALL" ? "POST" : route.method,
              name,
              ...it,
            })
          ),
      ]);
    }
    assert(count > surface.routes.length * 6, String(count));
    await listener.close();
    await app.close();
  });
}

Deno.test("L14: a method that a shared path does not have is refused in the words of whoever asks", async () => {
  const parsed = parseConfig(YAML, { file: "a.yaml", env: () => undefined });
  assert(parsed.ok);
  const app = createApp(parsed.config);
  const ask = async (headers: HeadersInit): Promise<unknown> => {
    const response = await app.fetch(
      new Request("http://localhost/v1/models", { method: "PUT", headers }),
    );
    assertEquals(response.status, 405);
    return (await response.json()).error.code;
  };
  assertEquals(await ask({ "x-api-key": KEY }), "method_not_allowed");
  assertEquals(await ask({ "x-goog-api-key": KEY }), 405);
  await app.close();
});
