import { assertEquals, assertRejects } from "@std/assert";
import {
  AuthorizedTransport,
  type RequestAuthorizer,
} from "./authorized_transport.ts";
import { GatewayError } from "./errors.ts";
import { HttpClient } from "./http_client.ts";
import { TokenAuthorizer } from "./token_authorizer.ts";
import { readText, send } from "./_test_http.ts";
import { TestUpstream } from "./_test_upstream.ts";

/** A transport with tokens `t1`, `t2`, …. */
function withTokens(): AuthorizedTransport {
  let count = 0;
  return new AuthorizedTransport(
    new HttpClient(),
    new TokenAuthorizer(() =>
      Promise.resolve({
        token: `t${++count}`,
        expiresAt: Date.now() + 3_600_000,
      })
    ),
  );
}

Deno.test("E24: a request whose token is refused is sent once more with another", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond(
      "{}",
      {},
      request.headers.get("authorization") === "Bearer t2" ? 200 : 401,
    )
  );
  const transport = withTokens();
  const { status, body } = await send(transport, upstream.url(), {
    body: "{}",
  });
  assertEquals([status, await readText(body)], [200, "{}"]);
  assertEquals(upstream.requests.map(({ body }) => body), ["{}", "{}"]);
  transport.close();
});

Deno.test("E24: a second refusal is the answer, and so is a first 403", async () => {
  for (const [refusal, count] of [[401, 2], [403, 1]] as const) {
    await using upstream = await TestUpstream.start((request) =>
      request.respond("no", {}, refusal)
    );
    const transport = withTokens();
    const { status, body } = await send(transport, upstream.url(), {
      body: "{}",
    });
    assertEquals([status, await readText(body)], [refusal, "no"]);
    assertEquals(upstream.requests.length, count);
    transport.close();
  }
});

Deno.test("AuthorizedTransport sends a body that comes once only no second time", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond("", {}, 401)
  );
  const transport = withTokens();
  const { signal } = new AbortController();
  const { status } = await transport.send({
    method: "POST",
    url: upstream.url(),
    headers: {},
    body: {
      length: 2,
      async pump(take) {
        await take(new TextEncoder().encode("{}"));
      },
    },
  }, { signal });
  assertEquals([status, upstream.requests.length], [401, 1]);
  transport.close();
});

Deno.test("E1: a body that comes piece by piece is known whole to what signs it, within bounds", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond("{}")
  );
  const seen: unknown[] = [];
  const authorizer: RequestAuthorizer = {
    readsBody: true,
    authorize(request) {
      seen.push(request.body);
      return Promise.resolve({});
    },
    refused: () => false,
    close: () => {},
  };
  const transport = new AuthorizedTransport(new HttpClient(), authorizer);
  const post = async (pieces: readonly Uint8Array[]) => {
    const { body } = await transport.send({
      method: "POST",
      url: upstream.url(),
      headers: {},
      body: {
        async pump(take) {
          for (const piece of pieces) await take(piece);
        },
      },
    }, { signal: new AbortController().signal });
    await readText(body);
  };
  const text = new TextEncoder().encode(`{"a":"ü"}`);
  await post([text.subarray(0, 7), text.subarray(7)]);
  assertEquals(seen, [`{"a":"ü"}`]);
  assertEquals(upstream.requests[0]?.body, `{"a":"ü"}`);
  const huge = new Uint8Array(1024 * 1024);
  const large = await assertRejects(
    () => post(Array.from({ length: 33 }, () => huge)),
    GatewayError,
  );
  assertEquals(large.status, 413);
  const binary = await assertRejects(
    () => post([new Uint8Array([255])]),
    GatewayError,
  );
  assertEquals(binary.status, 400);
  transport.close();
});
