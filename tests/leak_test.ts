// What a provider says of an error must not carry what it was sent.
import { assert, assertEquals } from "@std/assert";
import { startGateway } from "./_gateway.ts";
import { startReplayUpstream } from "./_replay_upstream.ts";

const SECRET = "gwkey-canary-SECRET-0123456789";

async function ask(url: string, stream: boolean): Promise<Response> {
  return await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "leaky/m",
      stream,
      messages: [{ role: "user", content: "hi" }],
    }),
  });
}

Deno.test("K3, X11: an error that quotes our credential reaches the client without it", async () => {
  const upstream = await startReplayUpstream();
  const gateway = await startGateway(
    `providers: [{name: leaky, type: openai_compatible, api_key: ${SECRET}, base_url: "${upstream.origin}/now"}]\n`,
  );
  const told = {
    message: `Malformed header: authorization: Bearer ${SECRET}`,
    metadata: { raw: SECRET },
  };
  upstream.serve("now", {
    status: 400,
    contentType: "application/json",
    body: JSON.stringify({ error: told }),
  });
  const refused = await ask(gateway.url, false);
  assertEquals(refused.status, 400);
  const text = await refused.text();
  assert(!text.includes(SECRET) && text.includes("Malformed header"), text);

  const delta = { choices: [{ index: 0, delta: { content: "a" } }] };
  upstream.serve("now", {
    contentType: "text/event-stream",
    body: `data: ${JSON.stringify(delta)}\n\ndata: ${
      JSON.stringify({ error: told })
    }\n\n`,
  });
  const failed = await (await ask(gateway.url, true)).text();
  assert(failed.includes('"error"') && !failed.includes(SECRET), failed);
  await gateway.close();
  await upstream.close();
  assert(!gateway.lines.join().includes(SECRET));
});

Deno.test("K1, K5: an error whose body is cut keeps its status and Retry-After", async () => {
  const upstream = await startReplayUpstream();
  const gateway = await startGateway(
    `providers: [{name: leaky, type: openai_compatible, base_url: "${upstream.origin}/now"}]\nretry: {max_attempts: 1}\n`,
  );
  upstream.serve("now", {
    status: 429,
    contentType: "application/json\r\nretry-after: 7",
    body: '{"error":{"message":"slow down"}}',
    framing: "length",
    cutAt: 10,
  });
  const response = await ask(gateway.url, false);
  await response.body?.cancel();
  assertEquals(response.status, 429);
  assertEquals(response.headers.get("retry-after"), "7");
  await gateway.close();
  await upstream.close();
});

Deno.test("U6: an answer that a server aborted is a failure, not a stop", async () => {
  const upstream = await startReplayUpstream();
  const gateway = await startGateway(
    `providers: [{name: leaky, type: openai_compatible, base_url: "${upstream.origin}/now"}]\n`,
  );
  const choice = (finish: string): string =>
    JSON.stringify({
      choices: [{ index: 0, delta: { content: "a" }, finish_reason: finish }],
    });
  for (
    const [finish, expected] of [
      ["abort", '"error"'],
      ["MAX_TOKENS", "length"],
      [
        "SAFETY",
        "content_filter",
      ],
    ] as const
  ) {
    upstream.serve("now", {
      contentType: "text/event-stream",
      body: `data: ${choice(finish)}\n\ndata: [DONE]\n\n`,
    });
    const text = await (await ask(gateway.url, true)).text();
    assert(text.includes(expected), `${finish}: ${text}`);
    assert(!text.includes('"finish_reason":"stop"'), text);
  }
  await gateway.close();
  await upstream.close();
});
