// What a browser, and a cache on the way, may do with answers: nothing.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PUBLIC_ROUTES } from "../api/public_routes.ts";
import { type Asked, startAnsweringUpstream } from "./_answering_upstream.ts";
import { chatStream, completion } from "./_chat_answers.ts";
import { startGateway } from "./_gateway.ts";

const KEY = "web-client-Zu2Rq8TnVw4yBd6F";
const PAGE = {
  origin: "https://evil.example",
  cookie: "session=1",
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization",
};

/** An upstream that would let every page and every cache have its answers. */
function answer({ path, body }: Asked): Response {
  const response = path.endsWith("/chat/completions")
    ? body.stream
      ? chatStream([{ content: "Hi." }])
      : completion({ content: "Hi." })
    : new Response("<script>alert(1)</script>");
  const headers = new Headers(response.headers);
  for (
    const [name, value] of [
      ["access-control-allow-origin", "*"],
      ["access-control-allow-credentials", "true"],
      ["cache-control", "public, max-age=31536000"],
      ["vary", "*"],
      ["set-cookie", "a=b"],
    ] as const
  ) headers.set(name, value);
  return new Response(response.body, { headers });
}

function checkHeaders(
  { headers }: Response,
  { at, isOpen }: { readonly at: string; readonly isOpen: boolean },
): void {
  for (const [name] of headers) {
    assert(!name.startsWith("access-control-"), `${at}: ${name}`);
  }
  assertEquals(headers.get("x-content-type-options"), "nosniff", at);
  if (isOpen) return;
  assertStringIncludes(headers.get("cache-control") ?? "", "no-store", at);
  assertStringIncludes(headers.get("vary") ?? "", "authorization", at);
}

Deno.test("X17: no answer is for another site's pages or for a shared cache, and none is sniffed", async () => {
  const upstream = startAnsweringUpstream(answer);
  const gateway = await startGateway(`
providers: [{name: up, type: openai_compatible, base_url: "${upstream.origin}/v1", max_retries: 0}]
auth: {api_keys: [{name: a, key: ${KEY}, role: admin}]}
`);
  const { url } = gateway;
  try {
    for (const { method, path, open: isOpen = false } of PUBLIC_ROUTES) {
      const target = path.replace("/p/:provider/*", "/p/up/page.html")
        .replaceAll(/:\w+|\*/g, "up");
      const verb = method === "ALL" ? "GET" : method;
      const body = verb === "GET" || verb === "DELETE" ? {} : {
        body: JSON.stringify({
          model: "up/m",
          max_tokens: 9,
          messages: [{ role: "user", content: "hi" }],
          input: "hi",
        }),
      };
      const type = { "content-type": "application/json" };
      const key = { authorization: `Bearer ${KEY}` };
      for (
        const [name, headers] of [
          ["with a key", { ...PAGE, ...type, ...key }],
          ["without one", { ...PAGE, ...type }],
        ] as const
      ) {
        const response = await fetch(url + target, {
          method: verb,
          headers,
          ...body,
        });
        await response.body?.cancel();
        const at = `${verb} ${path} ${name}: ${response.status}`;
        checkHeaders(response, { at, isOpen });
      }
      // Asked beforehand by a browser: there is nothing that lets it go on.
      const asked = await fetch(url + target, {
        method: "OPTIONS",
        headers: PAGE,
      });
      await asked.body?.cancel();
      assert(asked.status >= 400 || method === "ALL", `OPTIONS ${path}`);
      checkHeaders(asked, { at: `OPTIONS ${path}`, isOpen: true });
    }
    for (const stream of [true, false]) {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: {
          ...PAGE,
          "content-type": "application/json",
          authorization: `Bearer ${KEY}`,
        },
        body: JSON.stringify({
          model: "up/m",
          stream,
          messages: [{ role: "user", content: "hi" }],
        }),
      });
      assertEquals(response.status, 200);
      await response.body?.cancel();
      checkHeaders(response, { at: `stream: ${stream}`, isOpen: false });
      assertEquals(response.headers.get("set-cookie"), null);
    }
    const lost = await fetch(`${url}/no/such`, { headers: PAGE });
    await lost.body?.cancel();
    checkHeaders(lost, { at: "404", isOpen: false });
  } finally {
    await gateway.close();
    await upstream.close();
  }
});

Deno.test("X17: what a page may post without asking beforehand reaches no model", async () => {
  const upstream = startAnsweringUpstream(answer);
  const gateway = await startGateway(`
providers: [{name: up, type: openai_compatible, base_url: "${upstream.origin}/v1"}]
auth: {api_keys: [{name: a, key: ${KEY}}]}
`);
  try {
    for (
      const type of [
        "text/plain",
        "text/plain; charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
      ]
    ) {
      for (const key of [{}, { authorization: `Bearer ${KEY}` }]) {
        const response = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: "POST",
          headers: { ...PAGE, ...key, "content-type": type },
          body: '{"model":"up/m","messages":[{"role":"user","content":"hi"}]}',
        });
        await response.body?.cancel();
        const isKnown = "authorization" in key;
        assertEquals(response.status, isKnown ? 415 : 401, type);
      }
    }
    assertEquals(upstream.asked.length, 0);
  } finally {
    await gateway.close();
    await upstream.close();
  }
});
