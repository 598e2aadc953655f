import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { UpstreamError } from "../errors.ts";
import { MOCK_BASE_URL } from "./_mock_answer.ts";
import { MockTransport } from "./mock_transport.ts";
import { ask, jsonOf, post, user } from "./_test_util.ts";

Deno.test("MockTransport.send() lists the models", async () => {
  const { status, body } = await new MockTransport().send({
    method: "GET",
    url: `${MOCK_BASE_URL}/models`,
    headers: {},
  }, { signal: new AbortController().signal });
  let text = "";
  await body.pump((chunk) => {
    text += new TextDecoder().decode(chunk);
  });
  assertEquals(status, 200);
  assertEquals(JSON.parse(text).data[0].id, "echo");
});

Deno.test("MockTransport.send() answers embeddings", async () => {
  const body = { model: "embed", input: "x", dimensions: 3 };
  const answer = jsonOf(await ask(body, "/embeddings"));
  assertEquals(answer.data[0].embedding.length, 3);
});

Deno.test("MockTransport.send() tells of the connection at once, once", async () => {
  let connected = 0;
  const sent = post({ model: "slow", messages: user("x") }, {
    clock: { enter: () => connected++ },
  });
  assertEquals(connected, 1);
  const { body } = await sent;
  body.cancel();
  assertEquals(connected, 1);
});

Deno.test("MockTransport.send() gives every answer its own ids", async () => {
  const transport = new MockTransport();
  const ids = new Set<string | undefined>();
  for (let i = 0; i < 3; i++) {
    const { headers } = await transport.send({
      method: "GET",
      url: `${MOCK_BASE_URL}/models`,
      headers: {},
    }, { signal: new AbortController().signal });
    ids.add(headers["x-request-id"]);
  }
  assertEquals(ids.size, 3);
});

Deno.test("MockTransport.send() rejects with the reason of an aborted signal", async () => {
  const reason = new Error("left");
  let connected = false;
  const error = await assertRejects(() =>
    post({ model: "echo", messages: user("x") }, {
      signal: AbortSignal.abort(reason),
      clock: { enter: () => connected = true },
    })
  );
  assertStrictEquals(error, reason);
  assertEquals(connected, false);
});

Deno.test("MockTransport.send() stops a slow answer when the signal is aborted", async () => {
  const reason = new Error("left");
  for (const stream of [false, true]) {
    const controller = new AbortController();
    const { body } = await post({
      model: "slow-60000",
      messages: user("x"),
      stream,
    }, {
      signal: controller.signal,
    });
    const pumped = body.pump(() => {});
    controller.abort(reason);
    assertStrictEquals(await assertRejects(() => pumped), reason);
  }
});

Deno.test("MockTransport.close() refuses further requests", async () => {
  const transport = new MockTransport();
  transport.close();
  transport.close();
  await assertRejects(
    () =>
      transport.send({
        method: "GET",
        url: `${MOCK_BASE_URL}/models`,
        headers: {},
      }, { signal: new AbortController().signal }),
    UpstreamError,
    "closed",
  );
});

Deno.test("MockTransport.send() echoes a long message unchanged, bit by bit", async () => {
  const text = "Grüße 😀 an alle. ".repeat(60_000);
  const request = { model: "echo", messages: user(text) };
  assertEquals(
    jsonOf(await ask(request)).choices[0].message.content === text,
    true,
  );
  const { body } = await post({ ...request, stream: true });
  let chunks = 0;
  const enough = new Error("enough");
  await assertRejects(() =>
    body.pump((chunk) => {
      assertEquals(chunk.length < 1_000, true);
      if (++chunks === 100) throw enough;
    })
  );
  assertEquals(chunks, 100);
});
