import { MemoryStateStore } from "@llm-proxy/context";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { startGateway, type TestGateway } from "./_gateway.ts";
import { logLine } from "./_with_gateway.ts";

const KEY = "key-of-the-caller-0000";

/** An upstream that speaks WebSocket, as a test wants it. */
interface SocketUpstream {
  readonly origin: string;
  readonly asked: readonly IncomingMessage[];
  close(): Promise<void>;
}

async function startSocketUpstream(
  serve: (socket: WebSocket) => void,
  refuse?: (request: IncomingMessage) => string | undefined,
): Promise<SocketUpstream> {
  const asked: IncomingMessage[] = [];
  const server = createServer((_request, response) => {
    response.writeHead(404).end("{}");
  });
  const sockets = new WebSocketServer({ noServer: true, autoPong: false });
  server.on("upgrade", (request, socket, head) => {
    asked.push(request);
    const refusal = refuse?.(request);
    if (refusal !== undefined) return void socket.end(refusal);
    sockets.handleUpgrade(request, socket, head, serve);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((done) => server.close(done));
    },
  };
}

async function withRealtime(
  upstream: SocketUpstream | undefined,
  use: (gateway: TestGateway, wsUrl: string) => Promise<void>,
): Promise<void> {
  const real = upstream === undefined ? "" : `
  - {name: a, type: openai, api_key: key-of-provider-a, base_url: "${upstream.origin}/v1"}
  - {name: az, type: azure_openai, api_key: key-of-provider-z, api_version: "2025-04-01-preview", base_url: "${upstream.origin}/openai"}
  - {name: claude, type: anthropic, api_key: key-of-provider-c}`;
  const gateway = await startGateway(
    `auth: {api_keys: [{name: me, key: ${KEY}}]}
providers:
  - {type: mock}${real}
`,
  );
  try {
    await use(gateway, gateway.url.replace("http", "ws"));
  } finally {
    await gateway.close();
    await upstream?.close();
  }
}

const AUTH = { headers: { authorization: `Bearer ${KEY}` } };

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
}

function closed(socket: WebSocket): Promise<[number, string]> {
  return new Promise((resolve) =>
    socket.once("close", (code, reason) => resolve([code, String(reason)]))
  );
}

function next(socket: WebSocket, event = "message"): Promise<string> {
  return new Promise((resolve) =>
    socket.once(event, (data) => resolve(String(data)))
  );
}

/** The status of a handshake that is refused, and the code of its error. */
function refusal(socket: WebSocket): Promise<[number | undefined, string]> {
  return new Promise((resolve, reject) => {
    socket.once("open", () => reject(new Error("It was opened")));
    socket.once("unexpected-response", async (_request, response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve([response.statusCode, JSON.parse(text).error.code]);
    });
    socket.on("error", () => {});
  });
}

Deno.test("a realtime session passes messages, pings and closes both ways", async () => {
  const upstream = await startSocketUpstream((socket) => {
    socket.on("message", (data: Uint8Array, binary) => {
      if (String(data) === "close") return socket.close(4001, "enough");
      socket.send(data, { binary });
    });
    socket.on("ping", (data) => socket.pong(`${data}!`));
  });
  await withRealtime(upstream, async (gateway, url) => {
    const socket = new WebSocket(
      `${url}/v1/realtime?model=a/gpt-realtime&intent=x`,
      AUTH,
    );
    await opened(socket);
    for (const text of ["hello", "x".repeat(300_000)]) {
      const answer = next(socket);
      socket.send(text);
      assert(await answer === text);
    }
    const pong = next(socket, "pong");
    socket.ping("7");
    assertEquals(await pong, "7!");
    const end = closed(socket);
    socket.send("close");
    assertEquals(await end, [4001, "enough"]);
    const [request] = upstream.asked;
    assertEquals(request?.url, "/v1/realtime?intent=x&model=gpt-realtime");
    assertEquals(request?.headers.authorization, "Bearer key-of-provider-a");
    const line = await logLine(gateway);
    assertEquals(
      [
        line.route,
        line.status,
        line.provider,
        line.model,
        line.key,
        line.error,
      ],
      ["/v1/realtime", 101, "a", "gpt-realtime", "me", undefined],
    );
  });
});

Deno.test("what a provider says at once reaches the client, all of it in order", async () => {
  const upstream = await startSocketUpstream((socket) => {
    for (let i = 0; i < 100; i++) socket.send(String(i));
    socket.close(1000);
  });
  await withRealtime(upstream, async (_gateway, url) => {
    const socket = new WebSocket(`${url}/v1/realtime?model=a/m`, AUTH);
    const said: string[] = [];
    socket.on("message", (data: unknown) => said.push(String(data)));
    assertEquals((await closed(socket))[0], 1000);
    assertEquals(said, Array.from({ length: 100 }, (_, i) => String(i)));
  });
});

Deno.test("F1: a realtime session at Azure's dated API is a deployment's", async () => {
  const upstream = await startSocketUpstream((socket) => socket.close(1000));
  await withRealtime(upstream, async (_gateway, url) => {
    const socket = new WebSocket(`${url}/v1/realtime?model=az/dep`, AUTH);
    assertEquals((await closed(socket))[0], 1000);
    const [request] = upstream.asked;
    assertEquals(
      request?.url,
      "/openai/realtime?api-version=2025-04-01-preview&deployment=dep",
    );
    assertEquals(request?.headers["api-key"], "key-of-provider-z");
  });
});

Deno.test("a realtime session's key comes in a header or as a protocol, which is not echoed", async () => {
  const upstream = await startSocketUpstream((socket) => socket.close(1000));
  await withRealtime(upstream, async (gateway, url) => {
    const target = `${url}/v1/realtime?model=a/m`;
    for (
      const options of [undefined, { headers: { "x-api-key": "wrong" } }]
    ) {
      assertEquals(await refusal(new WebSocket(target, options)), [
        401,
        "invalid_api_key",
      ]);
    }
    const wrong = ["realtime", "openai-insecure-api-key.wrong"];
    assertEquals((await refusal(new WebSocket(target, wrong)))[0], 401);
    const socket = new WebSocket(target, [
      "realtime",
      `openai-insecure-api-key.${KEY}`,
      "openai-beta.realtime-v1",
    ]);
    await opened(socket);
    assertEquals(socket.protocol, "realtime");
    await closed(socket);
    const { headers } = upstream.asked[0] ?? {};
    assertEquals(headers?.["openai-beta"], "realtime=v1");
    assertEquals(headers?.["sec-websocket-protocol"], undefined);
    assert(!gateway.lines.some((line) => line.includes(KEY)));
  });
});

Deno.test("L5: a handshake that the provider refuses is a plain answer", async () => {
  const body = '{"error":{"message":"Slow down","code":"rate_limit_exceeded"}}';
  const upstream = await startSocketUpstream(
    () => {},
    () =>
      `HTTP/1.1 429 X\r\nretry-after: 100\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  await withRealtime(upstream, async (_gateway, url) => {
    assertEquals(
      await refusal(new WebSocket(`${url}/v1/realtime?model=a/m`, AUTH)),
      [429, "rate_limit_exceeded"],
    );
    const refused = [
      ["/v1/realtime?model=claude/m", 400, "unsupported_endpoint"],
      ["/v1/realtime?model=none/m", 404, "model_not_found"],
      ["/v1/realtime", 400, "missing_required_parameter"],
    ] as const;
    for (const [target, status, code] of refused) {
      assertEquals(await refusal(new WebSocket(url + target, AUTH)), [
        status,
        code,
      ]);
    }
  });
});

Deno.test("L4: a provider's connection that is cut closes the client's with an error", async () => {
  const upstream = await startSocketUpstream((socket) => {
    socket.once("message", () => socket.terminate());
  });
  await withRealtime(upstream, async (gateway, url) => {
    const socket = new WebSocket(`${url}/v1/realtime?model=a/m`, AUTH);
    await opened(socket);
    const end = closed(socket);
    socket.send("x");
    assertEquals(await end, [1011, "upstream_reset"]);
    assertEquals((await logLine(gateway)).error, "upstream_reset");
  });
});

Deno.test("L1: a client that is cut ends the provider's session", async () => {
  const gone = Promise.withResolvers<number>();
  const upstream = await startSocketUpstream((socket) => {
    socket.on("close", gone.resolve);
  });
  await withRealtime(upstream, async (gateway, url) => {
    const socket = new WebSocket(`${url}/v1/realtime?model=a/m`, AUTH);
    await opened(socket);
    socket.terminate();
    assertEquals(await gone.promise, 1001);
    assertEquals((await logLine(gateway)).error, "client_closed");
  });
});

Deno.test("a message over the cap closes the session with 1009", async () => {
  const upstream = await startSocketUpstream(() => {});
  await withRealtime(upstream, async (_gateway, url) => {
    const socket = new WebSocket(`${url}/v1/realtime?model=a/m`, AUTH);
    await opened(socket);
    const end = closed(socket);
    socket.on("error", () => {});
    socket.send(new Uint8Array(17 * 1024 * 1024));
    assertEquals((await end)[0], 1009);
  });
});

Deno.test("L9: a client that does not read holds the provider's session up", async () => {
  let sent = 0;
  const chunk = new Uint8Array(256 * 1024);
  // More than the systems' own buffers on two hops may hold.
  const total = 600;
  let moved = performance.now();
  const upstream = await startSocketUpstream((socket) => {
    const more = (): void => {
      if (sent === total) return;
      sent++;
      moved = performance.now();
      socket.send(chunk, more);
    };
    more();
  });
  await withRealtime(upstream, async (_gateway, url) => {
    const socket = new WebSocket(`${url}/v1/realtime?model=a/m`, AUTH);
    await opened(socket);
    socket.pause();
    while (performance.now() - moved < 300) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert(sent < total, `${sent} messages left the provider`);
    let received = 0;
    const all = new Promise<void>((resolve) =>
      socket.on("message", () => ++received === total && resolve())
    );
    socket.resume();
    await all;
    const end = closed(socket);
    socket.close(1000);
    await end;
  });
});

Deno.test("L9: a client that does not read what it has the mock say is cut off", async () => {
  await withRealtime(undefined, async (gateway, url) => {
    const socket = new WebSocket(`${url}/v1/realtime?model=mock/echo`, AUTH);
    await opened(socket);
    socket.on("error", () => {});
    socket.pause();
    const content = [{ type: "input_text", text: "a ".repeat(32_000) }];
    socket.send(JSON.stringify({
      type: "conversation.item.create",
      item: { type: "message", role: "user", content },
    }));
    // Some 3 MB each, if all of them were answered.
    for (let i = 0; i < 12; i++) socket.send('{"type":"response.create"}');
    const line = await logLine(gateway);
    assert(Number(line.output_tokens) < 12 * 16_000);
    const end = closed(socket);
    socket.resume();
    assertEquals((await end)[0], 1006);
  });
});

for (const model of ["a/m", "mock/echo"]) {
  Deno.test(`L13: a session with ${model} is told of the listener's end and closed with 1001`, async () => {
    const upstream = await startSocketUpstream(() => {});
    await withRealtime(upstream, async (gateway, url) => {
      const socket = new WebSocket(`${url}/v1/realtime?model=${model}`, AUTH);
      const said: Record<string, unknown>[] = [];
      socket.on(
        "message",
        (data: unknown) => said.push(JSON.parse(String(data))),
      );
      await opened(socket);
      const end = closed(socket);
      await gateway.close();
      assertEquals(await end, [1001, "shutting_down"]);
      const last = said.at(-1);
      assertEquals(last?.type, "error");
      assertMatch(String(last?.event_id), /^event_req_/);
      assertEquals(
        (last?.error as Record<string, unknown>).code,
        "shutting_down",
      );
    });
  });
}

Deno.test("L4: a session whose provider is cut off is told so before it is closed", async () => {
  const upstream = await startSocketUpstream((socket) =>
    socket.on("message", () => socket.terminate())
  );
  await withRealtime(upstream, async (_gateway, url) => {
    const socket = new WebSocket(`${url}/v1/realtime?model=a/m`, AUTH);
    const said: string[] = [];
    socket.on("message", (data: unknown) => said.push(String(data)));
    await opened(socket);
    const end = closed(socket);
    socket.send("{}");
    assertEquals((await end)[0], 1011);
    assertEquals(said.length, 1);
    assertEquals(JSON.parse(said[0]!).error.code, "upstream_reset");
  });
});

Deno.test("OpenAI's own client holds a session with the mock, whose tokens are counted", async () => {
  await withRealtime(undefined, async (gateway) => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY });
    const rt = new OpenAIRealtimeWS({ model: "mock/echo" }, client);
    // The client takes its base URL for a secure one.
    rt.on("error", () => {});
    const url = String(rt.url);
    rt.close();
    assertMatch(url, /\/v1\/realtime\?model=mock%2Fecho$/);
    const socket = new WebSocket(url.replace("wss:", "ws:"), AUTH);
    const said: string[] = [];
    const done = new Promise<void>((resolve) =>
      socket.on("message", (data: unknown) => {
        const event = JSON.parse(String(data));
        said.push(event.delta ?? event.type);
        if (event.type === "response.done") resolve();
      })
    );
    await opened(socket);
    const content = [{ type: "input_text", text: "ping 42" }];
    socket.send(JSON.stringify({
      type: "conversation.item.create",
      item: { type: "message", role: "user", content },
    }));
    socket.send('{"type":"response.create"}');
    await done;
    const end = closed(socket);
    socket.close();
    await end;
    assertEquals(said, [
      "session.created",
      "conversation.item.created",
      "response.created",
      "ping",
      " 42",
      "response.output_text.done",
      "response.done",
    ]);
    const line = await logLine(gateway);
    assertEquals([line.route, line.status, line.output_tokens], [
      "/v1/realtime",
      101,
      2,
    ]);
  });
});

Deno.test("a session opens where the content of requests is kept", async () => {
  const gateway = await startGateway(`
auth: {api_keys: [{name: me, key: ${KEY}}]}
logging: {requests: {content: {keys: ["*"]}}}
providers: [{type: mock}]
`);
  try {
    const url = gateway.url.replace("http", "ws");
    const socket = new WebSocket(`${url}/v1/realtime?model=mock/echo`, AUTH);
    const first = next(socket);
    await opened(socket);
    assertMatch(await first, /session\.created/);
    const end = closed(socket);
    socket.close();
    await end;
  } finally {
    await gateway.close();
  }
});

Deno.test("a handshake without a key is refused before the provider is asked", async () => {
  const upstream = await startSocketUpstream(() => {});
  await withRealtime(upstream, async ({ url }) => {
    const { hostname, port } = new URL(url);
    using conn = await Deno.connect({ hostname, port: Number(port) });
    await conn.write(new TextEncoder().encode(
      "GET /v1/realtime?model=a/m HTTP/1.1\r\nhost: x\r\n" +
        `x-api-key: ${KEY}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    ));
    const text = await new Response(conn.readable).text();
    assertMatch(text, /^HTTP\/1\.1 400 .*invalid_handshake/s);
    assertEquals(upstream.asked.length, 0);
  });
});

Deno.test("a plain request for a session is told to change over", async () => {
  await withRealtime(undefined, async ({ url }) => {
    const response = await fetch(`${url}/v1/realtime?model=mock/echo`, AUTH);
    assertEquals(response.status, 426);
    assertEquals((await response.json()).error.code, "upgrade_required");
  });
});

Deno.test("A4: a session spends from budgets as it goes on, and ends where one has no more, by an answer too much at most", async () => {
  const store = new MemoryStateStore();
  // A response of 10 and 10 tokens costs 0.02 dollars.
  const answer = JSON.stringify({
    type: "response.done",
    response: {
      usage: { input_tokens: 10, output_tokens: 10, total_tokens: 20 },
    },
  });
  const upstream = await startSocketUpstream((socket) => {
    socket.on("message", () => socket.send(answer));
  });
  const gateway = await startGateway(
    `auth: {api_keys: [{name: me, key: ${KEY}}]}
ledger: {enabled: true}
budgets: [{name: all, per: all, limit: 0.1, period: total}]
providers:
  - name: a
    type: openai
    api_key: key-of-provider-a
    base_url: "${upstream.origin}/v1"
    models: [{name: m, prices: {input: 1000, output: 1000}}]
`,
    undefined,
    undefined,
    { state: store },
  );
  const session = async (): Promise<{ answers: number; said: string[] }> => {
    const socket = new WebSocket(
      `${gateway.url.replace("http", "ws")}/v1/realtime?model=a/m`,
      AUTH,
    );
    await opened(socket);
    const said: string[] = [];
    const closed = new Promise<void>((done) =>
      socket.on("close", () => done())
    );
    socket.on("message", async (data: Uint8Array) => {
      said.push(new TextDecoder().decode(data));
      await new Promise((done) => setTimeout(done, 5));
      socket.send("{}");
    });
    socket.send("{}");
    await closed;
    return { answers: said.filter((it) => it === answer).length, said };
  };
  try {
    const sessions = await Promise.all([session(), session()]);
    const answers = sessions.reduce((sum, it) => sum + it.answers, 0);
    // Five fit; each may have one too much, and one on its way.
    assert(answers >= 3 && answers <= 9, `${answers}`);
    for (const { said } of sessions) {
      const { error } = JSON.parse(said.at(-1) ?? "");
      assertMatch(error.code, /insufficient_quota|budget_busy/);
    }
    await assertRejects(session);
  } finally {
    await gateway.close();
    await upstream.close();
    await store.close();
  }
});
