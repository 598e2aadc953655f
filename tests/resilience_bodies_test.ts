// Large, compressed and unlucky bodies: tool arguments in millions of pieces,
// codings and bombs, connections that close as they are used, slow uploads.
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
} from "@std/assert";
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import process from "node:process";
import {
  brotliCompressSync,
  createGzip,
  deflateSync,
  gzipSync,
} from "node:zlib";
import { FailoverRig } from "./_failover_rig.ts";
import { FaultUpstream } from "./_fault_upstream.ts";
import { Fleet } from "./_fleet.ts";
import { Load } from "./_load.ts";
import { areWithin, shown, tell } from "./_measured.ts";
import { MeasuredGateway } from "./_measured_gateway.ts";
import { ask, RawClient } from "./_raw_client.ts";
import { RequestReader } from "./_request_reader.ts";
import { contentOf, errorOf } from "./_rig.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { CHAT_PIECES } from "./_wire_pieces.ts";
import { pause, until } from "../logging/_test_wait.ts";

const MIB = 1024 * 1024;

/** The pieces of a streamed tool call, as each dialect writes them. */
interface ToolPieces {
  readonly start: string;
  piece(text: string): string;
  readonly finish: string;
}

function chunk(delta: unknown, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${
    JSON.stringify({
      id: "c-1",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices,
    })
  }\n\n`;
}

function call(delta: unknown): string {
  return chunk({ tool_calls: [{ index: 0, ...delta as object }] });
}

function event(value: { readonly type: string }): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}

const CHAT_TOOL: ToolPieces = {
  start: call({
    id: "call_1",
    type: "function",
    function: { name: "write", arguments: "" },
  }),
  piece: (text) => call({ function: { arguments: text } }),
  finish: `${chunk({}, "tool_calls")}data: [DONE]\n\n`,
};

const MESSAGES_TOOL: ToolPieces = {
  start: event({
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  } as { type: string }) + event({
    type: "content_block_start",
    index: 0,
    content_block: {
      type: "tool_use",
      id: "toolu_1",
      name: "write",
      input: {},
    },
  } as { type: string }),
  piece: (text) =>
    event({
      type: "content_block_delta",
      index: 0,
      delta: { type: "input_json_delta", partial_json: text },
    } as { type: string }),
  finish: event({ type: "content_block_stop", index: 0 } as { type: string }) +
    event({
      type: "message_delta",
      delta: { stop_reason: "tool_use", stop_sequence: null },
      usage: { output_tokens: 2 },
    } as { type: string }) + event({ type: "message_stop" }),
};

/** JSON of so many bytes that is no two times the same in 16. */
function argumentsOf(bytes: number): string {
  let text = `{"text":"`;
  for (let i = 0; text.length < bytes - 12; i++) {
    text += `${i * 7919 % 99991} é "\\`.replaceAll(/["\\]/g, "\\$&");
  }
  return `${text}"}`;
}

/** Writes the arguments in pieces of 16 characters, many at a time so that it is not what is measured. */
function writesTool(text: string): UpstreamScript {
  return async (it) => {
    const { start, piece, finish } = /\/messages\b/.test(it.head)
      ? MESSAGES_TOOL
      : CHAT_TOOL;
    await it.answer();
    let batch = start;
    for (let at = 0; at < text.length; at += 16) {
      batch += piece(text.slice(at, at + 16));
      if (batch.length < 60_000) continue;
      await it.write(batch);
      batch = "";
    }
    await it.write(batch + finish);
    await it.end();
  };
}

/** Reads a stream and puts the arguments of its tool call together. */
async function readTool(url: string, model: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model,
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  let rest = "";
  const pieces: string[] = [];
  let done = false;
  for await (
    const text of response.body!.pipeThrough(new TextDecoderStream())
  ) {
    const lines = (rest + text).split("\n\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "data: [DONE]") done = true;
      else {pieces.push(
          JSON.parse(line.slice("data: ".length)).choices[0]?.delta.tool_calls
            ?.[0]?.function.arguments ?? "",
        );}
    }
  }
  assert(done, `${model}: no end`);
  return pieces.join("");
}

Deno.test("U13: a tool's arguments of many megabytes in pieces of 16 come through whole, at a cost that grows with them alone", async () => {
  // What a stream may have in all is counted with its framing, which is ten times as much here.
  await using rig = await FailoverRig.start({
    config: "http_client: {max_response_mb: 256}",
  });
  for (const prefix of ["oa", "an"]) {
    const costs: number[] = [];
    const sizes = [0.1, 1, prefix === "oa" ? 10 : 3];
    for (const size of sizes) {
      const text = argumentsOf(size * 1_000_000);
      const model = `${prefix}-${size}`;
      rig.first.on(model, writesTool(text));
      // Both ends are in this thread too, and as linear; other tests are in others.
      const before = process.threadCpuUsage();
      const read = await readTool(rig.url, `${prefix}/${model}`);
      const { user, system } = process.threadCpuUsage(before);
      assert(read === text, `${model}: ${read.length} of ${text.length}`);
      costs.push((user + system) / text.length);
    }
    tell(
      "U13",
      `${prefix}: ${
        sizes.map((size, i) =>
          `${size} MB at ${costs[i]!.toFixed(2)} µs a byte`
        )
          .join(", ")
      }`,
    );
    const [, one = NaN, many = NaN] = costs;
    assertLessOrEqual(many / one, 2);
    assertLessOrEqual(one / costs[0]!, 2);
  }
});

const CODERS: Readonly<Record<string, (bytes: Buffer) => Uint8Array>> = {
  gzip: (bytes) => gzipSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
};

/** Answers 200 with a body and its label. */
function coded(
  body: Uint8Array,
  { coding, type, status = 200 }: {
    readonly coding: string;
    readonly type: string;
    readonly status?: number;
  },
): UpstreamScript {
  return async (call) => {
    await call.raw(
      `HTTP/1.1 ${status} Coded\r\ncontent-type: ${type}\r\ncontent-encoding: ${coding}\r\n` +
        `content-length: ${body.length}\r\n\r\n`,
    );
    await call.raw(body);
  };
}

Deno.test("U14: answers are asked for as they are, and handled where they come in a coding, nested or by a wrong name", async () => {
  await using fleet = await Fleet.start({ names: ["a"] });
  const a = fleet.of("a");
  const answered: string[] = [];
  for (const stream of [false, true]) {
    const type = stream ? "text/event-stream" : "application/json";
    const { start, text, finish, whole } = CHAT_PIECES;
    const plain = Buffer.from(stream ? start + text("hello") + finish : whole);
    for (const [coding, encode] of Object.entries(CODERS)) {
      const model = `${coding}-${stream}`;
      a.on(model, coded(encode(plain), { coding, type }));
      const answer = await fleet.answer(ask(`a/${model}`, { stream }));
      assertEquals(answer.status, 200, model);
      assert(answer.body.includes("hello"), answer.body);
      assertEquals(answer.headers.get("content-encoding"), undefined);
      answered.push(model);
    }
    const bad: Readonly<Record<string, readonly [string, Uint8Array]>> = {
      nested: ["gzip, gzip", gzipSync(gzipSync(plain))],
      unknown: ["zstandard-2", plain],
      "plain-as-gzip": ["gzip", plain],
      "gzip-as-br": ["br", gzipSync(plain)],
      cut: ["gzip", gzipSync(plain).subarray(0, 30)],
    };
    for (const [name, [coding, body]] of Object.entries(bad)) {
      const model = `${name}-${stream}`;
      a.on(model, coded(body, { coding, type }));
      const answer = await fleet.answer(ask(`a/${model}`, { stream }));
      assertEquals(answer.status, 502, `${model}: ${answer.body}`);
    }
  }
  for (const { head } of a.requests.map((it) => ({ head: it.headers }))) {
    assertEquals(head.get("accept-encoding"), "identity");
  }
  tell(
    "U14",
    `${
      answered.join(", ")
    } read; identity asked for ${a.requests.length} times of as many`,
  );
});

Deno.test("U14: the first token of a compressed stream is not held back", async () => {
  await using fleet = await Fleet.start({ names: ["a"] });
  const { start, text, finish } = CHAT_PIECES;
  const written: number[] = [];
  let seen = Promise.withResolvers<void>();
  fleet.of("a").usual = async (call) => {
    const gzip = createGzip();
    gzip.on("data", (bytes: Uint8Array) => void call.raw(bytes));
    const flushed = (piece: string): Promise<void> =>
      new Promise((resolve) => {
        gzip.write(piece);
        gzip.flush(() => resolve());
      });
    await call.raw(
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n",
    );
    await flushed(start);
    await call.wait(20);
    written.push(performance.now());
    await flushed(text("first"));
    // Where it is held back until more comes it is never seen.
    await seen.promise;
    await flushed(finish);
    await new Promise<void>((resolve) => gzip.end(() => resolve()));
    call.cut();
  };
  const late: number[] = [];
  for (let i = 0; i < 6; i++) {
    seen = Promise.withResolvers<void>();
    const client = await RawClient.connect(fleet.url);
    await client.send(ask(`a/m`));
    await client.until("first");
    late.push(performance.now() - written[i]!);
    seen.resolve();
    const [answer] = await client.answers(1);
    assertEquals(contentOf(answer!.body), "first");
    client.leave();
  }
  tell("U14", `first token ${shown(late)} after the provider's`);
});

Deno.test("U14: a bomb is stopped at the cap, whatever it is labelled, and costs little memory", async () => {
  await using upstream = await FaultUpstream.start();
  const cap = 16;
  const size = 200 * MIB;
  await using gateway = await MeasuredGateway.start(
    `http_client: {max_response_mb: ${cap}}\n` +
      `providers: [{name: a, type: openai_compatible, max_retries: 0, base_url: "${upstream.origin}/v1"}]\n`,
  );
  const json = Buffer.alloc(size, 0x20);
  json.write("{");
  const bomb = gzipSync(json);
  const events = gzipSync(Buffer.alloc(size, ": ping\n\n"));
  const application = "application/json";
  const bombs: Readonly<Record<string, UpstreamScript>> = {
    whole: coded(bomb, { coding: "gzip", type: application }),
    error: coded(bomb, { coding: "gzip", type: application, status: 500 }),
    pings: coded(events, { coding: "gzip", type: "text/event-stream" }),
  };
  const exchange = async (model: string): Promise<string> => {
    const [answer] = await RawClient.exchange(
      gateway.url,
      ask(`a/${model}`, { stream: model === "pings" }),
      { answers: 1, ms: 30_000 },
    );
    return `${answer?.status} ${errorOf(answer?.body ?? "")?.code}`;
  };
  for (let i = 0; i < 20; i++) await exchange("warm");
  for (const [name, script] of Object.entries(bombs)) {
    upstream.on(name, script);
    const { rss } = await gateway.taken();
    const told = await exchange(name);
    const grown = (await gateway.taken()).peak - rss;
    tell(
      "U14",
      `${name}, ${
        (bomb.length / 1_024).toFixed(0)
      } KiB to 200 MiB at a cap of ${cap} MiB: ${told}, memory + ${
        (grown / MIB).toFixed(1)
      } MiB`,
    );
    // An error is known by its status, and what it says beyond 64 KiB by nobody.
    const expected = name === "error"
      ? "502 upstream_error"
      : "502 upstream_response_too_large";
    assertEquals(told, expected);
    assertLessOrEqual(grown, 64 * MIB);
  }
});

/** Answers each request that comes whole, and closes at about the time when the next may come; what has come then is answered. */
function closesSoon(
  executed: Map<string, number>,
): (socket: Socket) => void {
  const { whole } = CHAT_PIECES;
  const answer =
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${
      Buffer.byteLength(whole)
    }\r\n\r\n${whole}`;
  return (socket) => {
    const reader = new RequestReader();
    let timer: ReturnType<typeof setTimeout> | undefined;
    socket.on("close", () => clearTimeout(timer));
    socket.on("data", (bytes) => {
      clearTimeout(timer);
      for (const { body } of reader.read(bytes as Uint8Array)) {
        const { model } = JSON.parse(body);
        executed.set(model, (executed.get(model) ?? 0) + 1);
        socket.write(answer);
      }
      timer = setTimeout(() => socket.destroy(), 5 * Math.random());
    });
  };
}

Deno.test("U15: a connection that closes as it is used again costs no request, and none is done twice", async () => {
  const count = 1_000;
  await using fleet = await Fleet.start({ names: ["a"] });
  const executed = new Map<string, number>();
  fleet.of("a").welcome = closesSoon(executed);
  using load = new Load(fleet.url);
  let number = 0;
  let good = 0;
  let late = 0;
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (number < count) {
      const model = `m-${number++}`;
      const { status, ms } = await load.ask({ model: `a/${model}` });
      if (status === 200) good++;
      // Heard of so late, on a busy machine, that it may be worked on.
      else if (ms >= 100) late++;
      await pause(5 * Math.random());
    }
  }));
  const [twice, never] = [
    [...executed.values()].filter((times) => times > 1).length,
    count - executed.size,
  ];
  const { connections } = fleet.of("a");
  tell(
    "U15",
    `${good} of ${count} went well over ${connections.length} connections, ${twice} done twice, ${never} never`,
  );
  assertEquals(twice, 0);
  assertGreaterOrEqual(good + late, 0.999 * count);
  assertGreaterOrEqual(good, 0.9 * count);
  assert(connections.length > count / 20, "hardly any was closed");
});

Deno.test("U15: an answer that comes while the request is still sent reaches the client at once", async () => {
  await using fleet = await Fleet.start({ names: ["a"] });
  const a = fleet.of("a");
  const body = `{"error":{"message":"Too large"}}`;
  const sockets: Socket[] = [];
  a.welcome = (socket) => {
    socket.once("data", () => {
      socket.pause();
      socket.write(
        `HTTP/1.1 413 Too Large\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      sockets.push(socket);
    });
  };
  const took: number[] = [];
  for (let i = 0; i < 5; i++) {
    const client = await RawClient.connect(fleet.url);
    await client.send(ask(`a/m`, { user: "x".repeat(12 * MIB) }));
    const start = performance.now();
    const [answer] = await client.answers(1);
    took.push(performance.now() - start);
    assertEquals(answer?.status, 413, answer?.body);
    client.leave();
  }
  tell(
    "U15",
    `413 in the middle of 12 MiB: told ${shown(took)} after they were sent`,
  );
  areWithin(took, 1_000);
  // Nothing else can be sent over such a connection. Who does not read does not see it close.
  for (const socket of sockets) socket.resume();
  assertEquals(a.connections.length, 5);
  await until(() => a.open === 0, "they are closed");
});

Deno.test("U15: a provider that takes 10 KB a second costs the memory of what it is sent, until its time is up", async () => {
  const [count, size] = [20, 2 * MIB];
  await using upstream = await FaultUpstream.start();
  const sockets: Socket[] = [];
  upstream.welcome = (socket) => {
    sockets.push(socket);
    socket.pause();
    const timer = setInterval(() => socket.read(1_000), 100);
    socket.on("close", () => clearInterval(timer));
  };
  await using gateway = await MeasuredGateway.start(
    `providers: [{name: a, type: openai_compatible, max_retries: 0, timeout: 0.8, base_url: "${upstream.origin}/v1"}]\n`,
  );
  const content = "x".repeat(size);
  const request = ask("a/m", { stream: false, user: content });
  const exchange = async (): Promise<number | undefined> =>
    (await RawClient.exchange(gateway.url, request, { answers: 1 }))[0]?.status;
  const { rss } = await gateway.taken();
  const statuses = await Promise.all(Array.from({ length: count }, exchange));
  const grown = (await gateway.taken()).peak - rss;
  tell(
    "U15",
    `${count} requests of 2 MiB to a provider that hardly reads: ${[
      ...new Set(statuses),
    ]}, memory + ${(grown / MIB).toFixed(0)} MiB for ${count * size / MIB}`,
  );
  assertEquals(statuses, Array(count).fill(504));
  for (const socket of sockets) socket.resume();
  await until(() => upstream.open === 0, "its connections are closed");
  // As bytes, as text, as JSON, as text and bytes again, and what waits to be collected.
  assertLessOrEqual(grown, 8 * count * size);
});
