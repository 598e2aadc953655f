import { assertEquals, assertRejects } from "@std/assert";
import { GatewayError } from "@llm-proxy/core";
import { createHmac } from "node:crypto";
import { Webhook } from "./webhook.ts";

const secret = "of-the-webhook-9fKd72LmQ0";
const post = (webhook: Webhook): ReturnType<Webhook["post"]> =>
  webhook.post({ secret, body: "{}", signal: AbortSignal.timeout(5_000) });

Deno.test("Webhook signs what it posts, and reads no more than a word", async () => {
  const heads: Headers[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      heads.push(request.headers);
      await request.text();
      return new Response("x".repeat(10_000_000));
    },
  );
  const webhook = new Webhook(`http://127.0.0.1:${server.addr.port}/hook`);
  const { status, text } = await post(webhook);
  assertEquals([status, text.length < 1_000_000], [200, true]);
  const signature = heads[0]?.get("x-llm-proxy-signature") ?? "";
  const [, seconds, digest] = /^t=(\d+),v1=(\w{64})$/.exec(signature) ?? [];
  assertEquals(
    digest,
    createHmac("sha256", secret).update(`${seconds}.{}`).digest("hex"),
  );
  webhook.close();
  await server.shutdown();
});

Deno.test("Webhook reaches nobody once it is closed", async () => {
  const webhook = new Webhook("http://127.0.0.1:1/hook");
  webhook.close();
  const error = await assertRejects(() => post(webhook), GatewayError);
  assertEquals(error.code, "upstream_transport_closed");
});

Deno.test("X7: Webhook follows no redirect, and leads nowhere that a cloud keeps credentials, however it is written", async () => {
  let asked = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => {
      asked++;
      return Response.redirect("http://127.0.0.1:1/elsewhere", 307);
    },
  );
  const webhook = new Webhook(`http://127.0.0.1:${server.addr.port}/`);
  assertEquals((await post(webhook)).status, 307);
  assertEquals(asked, 1);
  webhook.close();
  await server.shutdown();
  for (
    const host of [
      "169.254.169.254",
      "2852039166",
      "0xa9fea9fe",
      "[::ffff:169.254.169.254]",
      "[fd00:ec2::254]",
      "100.100.100.200",
    ]
  ) {
    const odd = new Webhook(`http://${host}/latest/meta-data`);
    const error = await assertRejects(() => post(odd), GatewayError);
    assertEquals(error.code, "upstream_address_refused");
    odd.close();
  }
});
