// What the listener does with clients that are slow, many, or not what they
// seem. One request in is at most one request out.
import { createApp, defaultConfig, listen } from "@llm-proxy/api";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ODD_VALUES } from "./_odd_values.ts";
import { ask, post, type RawAnswer, type RawClient } from "./_raw_client.ts";
import { errorOf, Rig, soon } from "./_rig.ts";
import { CHAT_PIECES, DIALECTS } from "./_wire_pieces.ts";
import { pause, until } from "../logging/_test_wait.ts";

const KEY = "k3y-of-the-first-team-0815";
const AUTH = `auth: {api_keys: ["${KEY}"]}\n`;

/** A rig whose provider answers model `m` at once. */
async function answeringRig(config = ""): Promise<Rig> {
  const rig = await Rig.start({ config });
  rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
  return rig;
}

const GOOD = ask("oa/m", { stream: false });
const BODY = GOOD.slice(GOOD.indexOf("\r\n\r\n") + 4);

/** A chat request with other framing: its head lines, and its body as it is sent. */
function framed(lines: string, body: string, version = "1.1"): string {
  return `POST /v1/chat/completions HTTP/${version}\r\nhost: localhost\r\n` +
    `content-type: application/json\r\n${lines}\r\n${body}`;
}

function get(
  target: string,
  lines = "host: localhost\r\n",
  version = "1.1",
): string {
  return `GET ${target} HTTP/${version}\r\n${lines}\r\n`;
}

/** What every refusal looks like, whoever refuses. */
function isRefusal(answer: RawAnswer | undefined, name: string): void {
  assert(answer, `${name}: no answer`);
  assertEquals(answer.headers.get("content-type"), "application/json", name);
  const error = errorOf(answer.body);
  assertMatch(String(error?.request_id), /^req_\w{32}$/, name);
  assertEquals(error?.request_id, answer.headers.get("x-request-id"), name);
}

/** A request, the status of its answer, and the code of the error, if it is one. */
type Row = readonly [request: string, status: number, code?: string];

/** Sends every row on a connection of its own. */
async function checkTable(
  rig: Rig,
  table: Readonly<Record<string, Row>>,
): Promise<void> {
  await Promise.all(
    Object.entries(table).map(async ([name, [request, status, code]]) => {
      const client = await rig.send(request);
      const [answer, ...more] = await client.answers(1);
      assertEquals(answer?.status, status, `${name}: ${client.text}`);
      assertEquals(more, [], `${name}: more than one answer`);
      if (code === undefined) return;
      isRefusal(answer, name);
      assertEquals(errorOf(answer?.body ?? "")?.code, code, name);
      // Nobody knows where the next request on it would begin.
      if (answer?.headers.get("connection") === "close") {
        await soon(client.closed, `${name}: the end of the connection`);
      }
    }),
  );
}

Deno.test("C13: methods, targets, hosts and versions out of the ordinary are served or refused as the table says", async () => {
  await using rig = await answeringRig();
  const host = "invalid_host";
  const target = "invalid_target";
  const malformed = "malformed_request";
  await checkTable(rig, {
    plain: [get("/health"), 200],
    query: [get("/health?a=\\b"), 400, target],
    trace: ["TRACE / HTTP/1.1\r\nhost: x\r\n\r\n", 405, "method_not_allowed"],
    connect: [
      "CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n",
      405,
      "method_not_allowed",
    ],
    "no such method": [
      "FOO /health HTTP/1.1\r\nhost: x\r\n\r\n",
      400,
      malformed,
    ],
    "not for this path": [
      "PATCH /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
      405,
      "method_not_allowed",
    ],
    absolute: [get("http://elsewhere/health"), 400, target],
    "absolute with user": [get("http://a:b@localhost/health"), 400, target],
    star: ["OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", 400, target],
    "no host": [get("/health", ""), 400, host],
    "empty host": [get("/health", "host:\r\n"), 400, host],
    "two hosts": [get("/health", "host: x\r\nHOST: x\r\n"), 400, host],
    "host with path": [get("/health", "host: x/y\r\n"), 400, host],
    "host with user": [get("/health", "host: a@x\r\n"), 400, host],
    "host list": [get("/health", "host: x, y\r\n"), 400, host],
    "host beyond ASCII": [get("/health", "host: ünï\r\n"), 400, host],
    "port out of range": [get("/health", "host: x:99999\r\n"), 400, host],
    "host with port": [get("/health", "host: X.localhost:80\r\n"), 200],
    "address of 6": [get("/health", "host: [::1]:8000\r\n"), 200],
    "double slash": [get("//v1/models"), 404, "unknown_url"],
    "encoded dots": [get("/v1/%2e%2e/health"), 200],
    "plain dots": [get("/v1/../health"), 200],
    "encoded slash": [get("/v1/..%2fhealth"), 404, "unknown_url"],
    backslash: [get("/v1\\..\\health"), 400, target],
    "bad escape": [get("/%zz"), 404, "unknown_url"],
    "NUL in target": [get("/health\0"), 400, malformed],
    "beyond ASCII": [get("/hälth"), 400, malformed],
    "blank in target": [get("/hea lth"), 400, malformed],
    "HTTP/1.0": [get("/health", "host: localhost\r\n", "1.0"), 200],
    "HTTP/1.0 without host": [get("/health", "", "1.0"), 400, host],
    "HTTP/0.9": ["GET /health\r\n\r\n", 400, host],
    "HTTP/1.2": [get("/health", "host: x\r\n", "1.2"), 400, malformed],
    "HTTP/2 preface": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, malformed],
    "upgrade to h2c": [
      get(
        "/health",
        "host: localhost\r\nconnection: upgrade, http2-settings\r\n" +
          "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
      ),
      200,
    ],
    "upgrade to websocket": [
      get(
        "/health",
        "host: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n",
      ),
      200,
    ],
    TLS: ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, malformed],
    "long head": [
      get("/health", `host: x\r\nx: ${"a".repeat(70_000)}\r\n`),
      431,
      "header_too_large",
    ],
    "long target": [get(`/${"a".repeat(70_000)}`), 431, "header_too_large"],
    "unknown expectation": [
      framed(`expect: magic\r\ncontent-length: ${BODY.length}\r\n`, BODY),
      417,
      "expectation_failed",
    ],
  });
  assertEquals(rig.upstream.calls.length, 0);
});

Deno.test("C13: an answer to HTTP/1.0 ends with its connection, whole or streamed", async () => {
  await using rig = await answeringRig();
  const { start, text, finish } = CHAT_PIECES;
  rig.upstream.on("s", async (call) => {
    await call.answer();
    await call.write(start + text("a") + finish);
    await call.end();
  });
  for (const request of [GOOD, ask("oa/s")]) {
    const client = await rig.send(request.replace("HTTP/1.1", "HTTP/1.0"));
    await soon(client.closed, "the end");
    const [answer] = await client.answers(1);
    assertEquals(answer?.status, 200);
    assertEquals(answer?.headers.get("transfer-encoding"), undefined);
    assertEquals(answer?.headers.has("content-length"), request === GOOD);
    assert(/"finish_reason":"stop"/.test(answer?.body ?? ""));
  }
});

Deno.test("C13: a client of HTTP/1.0 keeps the connection that it asks to keep", async () => {
  await using rig = await answeringRig();
  const request = get(
    "/health",
    "host: localhost\r\nconnection: keep-alive\r\n",
    "1.0",
  );
  const client = await rig.send(request);
  const [answer] = await client.answers(1);
  assertEquals(answer?.headers.get("connection"), "keep-alive");
  await client.send(request);
  assertEquals((await client.answers(2)).map(({ status }) => status), [
    200,
    200,
  ]);
});

Deno.test("C13: 32 pipelined requests are answered in order, whatever each takes, and no more than that", async () => {
  await using rig = await Rig.start();
  const requests = Array.from({ length: 100 }, (_, i) => {
    rig.upstream.on(`m${i}`, async (call) => {
      await call.wait((i * 37) % 50);
      await call.whole(CHAT_PIECES.whole.replace("hello", `answer ${i}`));
    });
    return i % 10 === 9 ? get("/health") : ask(`oa/m${i}`, { stream: false });
  });
  const client = await rig.send(requests.slice(0, 32).join(""));
  isInOrder(await client.answers(32));
  // Those are answered: there is room for as many more.
  await client.send(requests.slice(0, 32).join(""));
  isInOrder((await client.answers(64)).slice(32));

  const greedy = await rig.send(requests.join(""));
  await soon(greedy.closed, "the end of the connection");
  const answers = await greedy.answers(Infinity);
  const refused = answers.pop();
  isInOrder(answers);
  assertEquals(refused?.status, 429);
  isRefusal(refused, "the 33rd");
  const code = "too_many_pipelined_requests";
  assertEquals(errorOf(refused?.body ?? "")?.code, code);
});

Deno.test("C13: a connection with ever more requests behind a refused one is cut", async () => {
  await using rig = await Rig.start();
  rig.upstream.on("m", (call) => call.silence());
  const client = await rig.send(ask("oa/m", { stream: false }).repeat(33));
  const { calls } = rig.upstream;
  await until(() => calls.length === 32, "all calls");
  await client.send(get("/health").repeat(101));
  await soon(client.closed, "the end of the connection");
  await soon(Promise.all(calls.map(({ left }) => left)), "leaving it for all");
  await until(() => rig.log.length === 32, "all log lines");
  const errors = rig.log.map(({ error }) => error);
  assertEquals(new Set(errors), new Set(["client_closed"]));
});

/** The answers to the first 32 requests, each to its own. */
function isInOrder(answers: readonly RawAnswer[]): void {
  assertEquals(answers.length, 32);
  answers.forEach(({ status, body }, i) => {
    assertEquals(status, 200);
    assert(body.includes(i % 10 === 9 ? "healthy" : `"answer ${i}"`), body);
  });
}

/** A second request, hidden behind the first. */
const HIDDEN = ask("oa/m", { stream: false, user: "hidden" });
const SIZE = `content-length: ${BODY.length}\r\n`;
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
const CHUNKED = "transfer-encoding: chunked\r\n";

Deno.test("X10: a request with ambiguous framing is refused, and nothing behind it is served", async () => {
  await using rig = await answeringRig();
  const cases: Readonly<Record<string, string>> = {
    "length and chunked": framed(SIZE + CHUNKED, CHUNKS),
    "chunked and length": framed(CHUNKED + SIZE, CHUNKS),
    "length 0 and chunked": framed(`content-length: 0\r\n${CHUNKED}`, CHUNKS),
    "two lengths": framed(`content-length: 5\r\n${SIZE}`, BODY),
    "the same length twice": framed(SIZE + SIZE, BODY),
    "a list of lengths": framed(
      `content-length: ${BODY.length}, ${BODY.length}\r\n`,
      BODY,
    ),
    "length with a sign": framed(`content-length: +${BODY.length}\r\n`, BODY),
    "negative length": framed("content-length: -1\r\n", BODY),
    "length in hex": framed("content-length: 0x10\r\n", BODY),
    "length with text": framed(`content-length: ${BODY.length}a\r\n`, BODY),
    "length with a blank": framed("content-length: 1 2\r\n", BODY),
    "length beyond 64 bits": framed(
      `content-length: ${"9".repeat(30)}\r\n`,
      BODY,
    ),
    "empty length": framed("content-length: \r\n", BODY),
    "line feeds alone": framed(SIZE, BODY).replaceAll("\r\n", "\n"),
    "one line feed alone": framed(SIZE, BODY).replace("\r\nhost", "\nhost"),
    "carriage return alone": framed(SIZE, BODY).replace("\r\nhost", "\rhost"),
    "folded header": framed(`x-a: b\r\n c: d\r\n${SIZE}`, BODY),
    "folded length": framed(`content-length:\r\n ${BODY.length}\r\n`, BODY),
    "folded coding": framed(`transfer-encoding:\r\n chunked\r\n`, CHUNKS),
    "blank before the colon": framed(
      `content-length : ${BODY.length}\r\n`,
      BODY,
    ),
    "blank before the coding's colon": framed(
      `transfer-encoding : chunked\r\n`,
      CHUNKS,
    ),
    "blank before the first header": framed(SIZE, BODY)
      .replace("\r\nhost", "\r\n host"),
    "header without a colon": framed(`nonsense\r\n${SIZE}`, BODY),
    "header without a name": framed(`: x\r\n${SIZE}`, BODY),
    "NUL in a header": framed(`x: a\0b\r\n${SIZE}`, BODY),
    "other coding": framed("transfer-encoding: gzip\r\n", CHUNKS),
    "coding in a list": framed("transfer-encoding: gzip, chunked\r\n", CHUNKS),
    "chunked twice": framed("transfer-encoding: chunked, chunked\r\n", CHUNKS),
    "chunked in two headers": framed(CHUNKED + CHUNKED, CHUNKS),
    "chunked and identity": framed(
      "transfer-encoding: chunked, identity\r\n",
      CHUNKS,
    ),
    "identity": framed("transfer-encoding: identity\r\n", CHUNKS),
    "misspelt coding": framed("transfer-encoding: xchunked\r\n", CHUNKS),
    "coding in quotes": framed(`transfer-encoding: "chunked"\r\n`, CHUNKS),
    "coding with a tab": framed("transfer-encoding: \x0bchunked\r\n", CHUNKS),
    "chunked with HTTP/1.0": framed(CHUNKED, CHUNKS, "1.0"),
    "chunk size with a sign": framed(CHUNKED, `+${CHUNKS}`),
    "chunk size in 0x": framed(CHUNKED, `0x${CHUNKS}`),
    "chunk size with a blank": framed(CHUNKED, ` ${CHUNKS}`),
    "no chunk size": framed(CHUNKED, `\r\n${CHUNKS}`),
    "chunk size beyond 64 bits": framed(CHUNKED, `${"f".repeat(18)}\r\n`),
    "chunk longer than its size": framed(CHUNKED, `2\r\n${BODY}\r\n0\r\n\r\n`),
    "chunk lines with line feeds": framed(
      CHUNKED,
      CHUNKS.replaceAll("\r\n", "\n"),
    ),
    "extension with a line feed": framed(
      CHUNKED,
      CHUNKS.replace("\r\n", ";a\n"),
    ),
  };
  await Promise.all(
    Object.entries(cases).map(async ([name, request]) => {
      const client = await rig.send(request + HIDDEN);
      await soon(client.closed, `${name}: the end of the connection`);
      const answers = await client.answers(Infinity);
      for (const answer of answers) {
        assertEquals(answer.status, 400, `${name}: ${answer.body}`);
        isRefusal(answer, name);
      }
      assert(answers.length <= 1, `${name}: ${answers.length} answers`);
    }),
  );
  assertEquals(rig.upstream.calls.map(({ body }) => body), []);
});

Deno.test("X10: a request with odd but clear framing is one request", async () => {
  await using rig = await answeringRig();
  const half = Math.floor(BODY.length / 2);
  const hex = half.toString(16);
  const rest = (BODY.length - half).toString(16);
  const cases: Readonly<Record<string, string>> = {
    chunked: framed(CHUNKED, CHUNKS),
    "in capitals": framed("Transfer-Encoding: Chunked\r\n", CHUNKS),
    extensions: framed(CHUNKED, CHUNKS.replace("\r\n", `;a=b;c="d"\r\n`)),
    trailers: framed(CHUNKED, `${CHUNKS.slice(0, -2)}x-trailer: 1\r\n\r\n`),
    "leading zeros": framed(CHUNKED, `000${CHUNKS}`),
    "two chunks": framed(
      CHUNKED,
      `${hex}\r\n${BODY.slice(0, half)}\r\n${rest}\r\n${
        BODY.slice(half)
      }\r\n0\r\n\r\n`,
    ),
    "length with zeros": framed(`content-length: 00${BODY.length}\r\n`, BODY),
    "blank lines before": `\r\n\r\n${framed(SIZE, BODY)}`,
    "host in the middle": framed(SIZE, BODY).replace(
      /(host: localhost\r\n)(.*?\r\n)/,
      "$2$1",
    ),
  };
  for (const [name, request] of Object.entries(cases)) {
    const before = rig.upstream.calls.length;
    const client = await rig.send(request);
    const [answer] = await client.answers(1);
    assertEquals(answer?.status, 200, `${name}: ${client.text}`);
    assertEquals(rig.upstream.calls.length, before + 1, name);
    // What comes next is the next request.
    await client.send(GOOD);
    assertEquals((await client.answers(2)).length, 2, name);
    assertEquals(rig.upstream.calls.length, before + 2, name);
    client.leave();
  }
});

Deno.test("X10: nothing behind a refused request is served", async () => {
  await using rig = await answeringRig();
  const client = await rig.send(
    GOOD.replace("host: localhost", "host: a\r\nhost: b") + HIDDEN + HIDDEN,
  );
  await soon(client.closed, "the end");
  const answers = await client.answers(Infinity);
  assertEquals(answers.map(({ status }) => status), [400]);
  await pause(50);
  assertEquals(rig.upstream.calls.length, 0);
});

Deno.test("C7: 100-continue is said where the body is wanted, and only there", async () => {
  await using rig = await answeringRig(`${AUTH}server: {max_body_mb: 0.01}\n`);
  const head = (lines: string, length: number): string =>
    framed(`expect: 100-continue\r\n${lines}content-length: ${length}\r\n`, "");
  const key = `x-api-key: ${KEY}\r\n`;

  const good = await rig.send(head(key, BODY.length));
  await good.until("HTTP/1.1 100 Continue\r\n\r\n");
  await good.send(BODY);
  assertEquals((await good.answers(1))[0]?.status, 200);

  const stranger = await rig.send(head("", BODY.length));
  const [refused] = await stranger.answers(1);
  assertEquals(refused?.status, 401);
  const tooBig = await rig.send(head(key, 100_000));
  const [tooLarge] = await tooBig.answers(1);
  assertEquals(tooLarge?.status, 413);
  for (const client of [stranger, tooBig]) {
    assert(!client.text.includes("100 Continue"));
    await soon(client.closed, "the end");
  }
  assertEquals(rig.upstream.calls.length, 1);
});

Deno.test("C7: a stranger is refused before his body is read, and sees why even while he sends", async () => {
  await using rig = await answeringRig(AUTH);
  const length = 64 * 1024 * 1024;
  const strangers = ["", "x-api-key: wrong\r\n", "authorization: Bearer x\r\n"];
  const bodies = await Promise.all(strangers.map(async (lines) => {
    // Not a byte of the body is needed.
    const silent = await rig.send(
      framed(`${lines}content-length: ${length}\r\n`, ""),
    );
    const [answer] = await silent.answers(1);
    assertEquals(answer?.status, 401);
    assertEquals(answer?.headers.get("connection"), "close");

    // A client that writes all it has before it reads.
    const busy = await rig.connect();
    busy.pause();
    await busy.send(framed(`${lines}content-length: ${length}\r\n`, ""));
    const piece = new Uint8Array(64 * 1024).fill(0x20);
    for (let i = 0; i < 40; i++) await busy.send(piece);
    busy.resume();
    const [seen] = await busy.answers(1);
    assertEquals(seen?.status, 401);
    await soon(busy.closed, "the end");
    return answer?.body.replace(/req_\w+/, "");
  }));
  // Nothing tells a wrong key from none.
  assertEquals(new Set(bodies).size, 1);
  assertEquals(rig.upstream.calls.length, 0);
});

Deno.test("C7: a body over the cap is 413 as soon as that is known", async () => {
  await using rig = await answeringRig("server: {max_body_mb: 0.01}\n");
  const piece = "x".repeat(8 * 1024);
  const chunk = `2000\r\n${piece}\r\n`;
  const clients = await Promise.all([
    rig.send(framed("content-length: 1000000000\r\n", "")),
    rig.send(framed(CHUNKED, chunk + chunk)),
    rig.send(framed(CHUNKED, chunk.repeat(400))),
  ]);
  for (const client of clients) {
    const [answer] = await client.answers(1);
    assertEquals(answer?.status, 413);
    isRefusal(answer, "too large");
    await soon(client.closed, "the end");
  }
  assertEquals(rig.upstream.calls.length, 0);
});

Deno.test("C8: clients that drip or say nothing are cut off in time, others do not notice", async () => {
  await using rig = await answeringRig(
    "server: {header_timeout: 0.4, body_timeout: 0.4, keep_alive_timeout: 0.6}\n",
  );
  const drip = async (client: RawClient, piece: string): Promise<void> => {
    while (!client.ended) {
      await client.send(piece);
      await pause(50);
    }
  };
  const health = get("/health");
  /** What each sends, and how long it has for it at least, in ms. */
  const slow: Readonly<
    Record<
      string,
      readonly [least: number, (client: RawClient) => Promise<void>]
    >
  > = {
    "says nothing": [400, async () => {}],
    "half a line": [400, (client) => client.send("GET /hea")],
    "drips its head": [400, async (client) => {
      await client.send("GET /health HTTP/1.1\r\nhost: localhost\r\n");
      await drip(client, "x-a: b\r\n");
    }],
    "drips its body": [800, async (client) => {
      await client.send(framed("content-length: 1000\r\n", ""));
      await drip(client, " ");
    }],
    "drips its chunks": [800, async (client) => {
      await client.send(framed(CHUNKED, ""));
      await drip(client, "1\r\n \r\n");
    }],
    "never sends its body": [
      800,
      (client) => client.send(framed("content-length: 10\r\n", "")),
    ],
    "idle after an answer": [600, (client) => client.send(health)],
    "half a head after an answer": [400, async (client) => {
      await client.send(health);
      await client.answers(1);
      await client.send("GET /health HTTP/1.1\r\n");
    }],
    "drips line ends after an answer": [1_000, async (client) => {
      await client.send(health);
      await client.answers(1);
      await drip(client, "\r\n");
    }],
    "one line end after an answer": [600, async (client) => {
      await client.send(`${health}\r\n`);
    }],
  };
  let over = false;
  const healthy = (async () => {
    const times: number[] = [];
    const client = await rig.connect();
    while (!over) {
      const start = performance.now();
      await client.send(GOOD);
      const answers = await client.answers(times.length + 1);
      assertEquals(answers.at(-1)?.status, 200);
      times.push(performance.now() - start);
      await pause(100);
    }
    return Math.max(...times);
  })();
  await Promise.all(
    Object.entries(slow).map(async ([name, [least, misbehave]]) => {
      const start = performance.now();
      const client = await rig.connect();
      const misbehaving = misbehave(client);
      const ms = await soon(client.closed, name) - start;
      await misbehaving;
      assert(ms >= least && ms < least + 6_000, `${name}: after ${ms} ms`);
      if (!name.includes("body") && !name.includes("chunks")) return;
      // Told why, and logged as what it was.
      const [answer] = await client.answers(Infinity);
      assertEquals(answer?.status, 408, name);
      isRefusal(answer, name);
      assertEquals(errorOf(answer?.body ?? "")?.code, "request_timeout");
    }),
  );
  over = true;
  assert(await healthy < 2_000, "a healthy client waited");
  const errors = rig.log.map(({ error }) => error).filter(Boolean);
  assertEquals(new Set(errors), new Set(["request_timeout"]));
});

Deno.test("C8: a connection is kept for as long as its client is told, and what has begun on it longer", async () => {
  await using rig = await answeringRig(
    "server: {header_timeout: 30, body_timeout: 2, keep_alive_timeout: 1}\n",
  );
  const health = get("/health");
  const idle = await rig.send(health);
  const begun = await rig.send(health);
  const [answer] = await idle.answers(1);
  assertEquals(answer?.headers.get("keep-alive"), "timeout=1");
  await begun.answers(1);
  const start = performance.now();
  await pause(500);
  await begun.send(health.slice(0, 10));
  const ms = await soon(idle.closed, "the end") - start;
  assert(ms >= 950 && ms < 10_000, `after ${ms} ms`);
  await begun.send(health.slice(10));
  assertEquals((await begun.answers(2))[1]?.status, 200);
});

Deno.test("C9: connections over the cap are closed at once, and room is taken again", async () => {
  await using rig = await answeringRig("server: {max_connections: 20}\n");
  const first = await Promise.all(
    Array.from({ length: 20 }, () => rig.send(get("/health"))),
  );
  for (const client of first) {
    assertEquals((await client.answers())[0]?.status, 200);
  }
  for (let round = 0; round < 5; round++) {
    const surplus = await Promise.all(
      Array.from({ length: 40 }, () => rig.connect()),
    );
    await soon(
      Promise.all(surplus.map(({ closed }) => closed)),
      "the end of the surplus",
    );
  }
  // Those within the cap are as they were.
  for (const client of first) {
    await client.send(get("/health"));
    assertEquals((await client.answers(2)).length, 2);
  }
  for (const client of first.splice(0, 10)) client.leave();
  const served = async (): Promise<boolean> => {
    const client = await rig.send(GOOD);
    const [answer] = await client.answers(1).catch(() => []);
    client.leave();
    return answer?.status === 200;
  };
  let answered = false;
  for (let i = 0; i < 100 && !answered; i++) answered = await served();
  assert(answered, "no room was taken again");
});

Deno.test("listen() rejects when the port is taken, and leaves nothing behind", async () => {
  await using rig = await answeringRig();
  const { server } = defaultConfig();
  const port = Number(new URL(rig.url).port);
  const app = createApp(defaultConfig());
  const error = await assertRejects(() => listen(app, { ...server, port }));
  await app.close();
  assertEquals((error as { code?: string }).code, "EADDRINUSE");
});

Deno.test("P1: closing lets requests finish and waits for nobody else", async () => {
  const closing: (() => Promise<void>)[] = [];
  await using rig = await Rig.start({
    listening: async (app, server) => {
      const listener = await listen(app, { ...server, port: 0 });
      closing.push(() => listener.close(5_000));
      return { url: listener.url, close: () => listener.close() };
    },
  });
  rig.upstream.on("slow", async (call) => {
    await call.wait(300);
    await call.whole(CHAT_PIECES.whole);
  });
  const unused = await rig.connect();
  const idle = await rig.send(get("/health"));
  await idle.answers();
  const busy = await rig.send(ask("oa/slow", { stream: false }));
  await rig.upstream.call("slow");
  const start = performance.now();
  const closed = closing[0]!();
  await soon(Promise.all([unused.closed, idle.closed]), "the idle ones' end");
  assert(performance.now() - start < 2_000);
  assertEquals((await busy.answers())[0]?.status, 200);
  await soon(closed, "the end of the listener");
  assert(performance.now() - start < 4_500, "it waited for nobody");
});

/** Sends bodies one after the other on one connection, which must stay usable. */
async function sendAll(
  rig: Rig,
  requests: readonly string[],
): Promise<RawAnswer[]> {
  const answers: RawAnswer[] = [];
  let client = await rig.connect();
  for (const request of requests) {
    // Reading what a connection has had takes longer with all it has had.
    if (answers.length % 50 === 0) {
      client.leave();
      client = await rig.connect();
    }
    const before = answers.length % 50;
    await client.send(request);
    const all = await client.answers(before + 1);
    const answer = all[before];
    assert(
      answer?.complete && !client.ended,
      `closed on ${request.slice(0, 300)}`,
    );
    assert(answer.status < 500, `${answer.status} on ${request.slice(0, 300)}`);
    JSON.parse(answer.body);
    answers.push(answer);
  }
  client.leave();
  await until(() => rig.log.length >= requests.length, "all log lines");
  assertEquals(rig.log.length, requests.length);
  return answers;
}

Deno.test("C5, C6: malformed JSON is 400 with the place of its fault, and the connection goes on", async () => {
  await using rig = await answeringRig();
  const deep = (n: number): string => `${"[".repeat(n)}${"]".repeat(n)}`;
  const bodies = [
    "",
    " ",
    "\n\n",
    "null",
    "true",
    "1",
    `"text"`,
    "[]",
    "[{}]",
    "{",
    "}",
    "{}}",
    "{}{}",
    "{} x",
    "{,}",
    `{"a"}`,
    `{"a":}`,
    `{"a":1,}`,
    `{"a":1 "b":2}`,
    `{a:1}`,
    `{'a':1}`,
    `{"a":'x'}`,
    `{"a":01}`,
    `{"a":+1}`,
    `{"a":.5}`,
    `{"a":1.}`,
    `{"a":0x10}`,
    `{"a":NaN}`,
    `{"a":Infinity}`,
    `{"a":undefined}`,
    `{"a":"\x01"}`,
    `{"a":"\n"}`,
    `{"a":"\\x"}`,
    `{"a":"\\u12"}`,
    `{"a":"`,
    `{"a":[1,2}`,
    `{"a":{"b":1]}`,
    `{"a":1/*c*/}`,
    `// c\n{}`,
    "\ufeff\ufeff{}",
    `{"model":"oa/m","messages":[{"role":"user","content":"hi"}]`,
    `{"model":"oa/m","messages":${deep(300)}}`,
    `{"model":"oa/m","messages":${deep(100_000)}}`,
    `{"model":"oa/m","messages":${"[".repeat(100_000)}`,
    `{"model":"oa/m","x":[${"{},".repeat(110_000)}{}]}`,
    `{${Array.from({ length: 1_100 }, (_, i) => `"k${i}":1`).join(",")}}`,
    "<html></html>",
    "model=oa/m",
  ];
  const answers = await sendAll(rig, bodies.map((body) => post(body)));
  answers.forEach(({ status, body }, i) => {
    assertEquals(status, 400, bodies[i]?.slice(0, 100));
    assertEquals(errorOf(body)?.code, "invalid_json", bodies[i]?.slice(0, 100));
    assertMatch(
      String(errorOf(body)?.message),
      /line \d+, column \d+|must be|is empty/,
    );
  });
  assertEquals(rig.upstream.calls.length, 0);
});

Deno.test("C5, C10: bytes that are no UTF-8, and other media types, are 400 and 415", async () => {
  await using rig = await answeringRig();
  const encode = (
    text: string,
  ): number[] => [...new TextEncoder().encode(text)];
  const bytes: Readonly<Record<string, readonly number[]>> = {
    "invalid UTF-8": [...encode(`{"a":"`), 0xff, ...encode(`"}`)],
    "half a character": [...encode(`{"a":"`), 0xe6, 0xbc, ...encode(`"}`)],
    "overlong": [...encode(`{"a":"`), 0xc0, 0xaf, ...encode(`"}`)],
    "a surrogate": [...encode(`{"a":"`), 0xed, 0xa0, 0x80, ...encode(`"}`)],
    "UTF-16": [...`{"a":1}`].flatMap((c) => [c.charCodeAt(0), 0]),
    "UTF-16 with its mark": [0xff, 0xfe, 0x7b, 0, 0x7d, 0],
  };
  for (const [name, body] of Object.entries(bytes)) {
    const head = encode(framed(`content-length: ${body.length}\r\n`, ""));
    const answer = await rig.answer(new Uint8Array([...head, ...body]));
    assertEquals([answer.status, errorOf(answer.body)?.code], [
      400,
      "invalid_json",
    ], name);
  }
  const types = ["text/plain", "multipart/form-data", "application/jsonp", ""];
  for (const type of types) {
    const request = GOOD.replace("application/json", type);
    assertEquals((await rig.answer(request)).status, 415, type);
  }
  for (const coding of ["gzip", "br", "zstd", "identity, gzip"]) {
    const request = GOOD.replace(
      "host:",
      `content-encoding: ${coding}\r\nhost:`,
    );
    assertEquals((await rig.answer(request)).status, 415, coding);
  }
  assertEquals(rig.upstream.calls.length, 0);
});

Deno.test("C11: any value in any field is served or refused, never a fault of ours", async () => {
  await using rig = await Rig.start();
  for (const wire of DIALECTS) {
    rig.upstream.on(wire.provider, async (call) => {
      if (!/"stream":\s*true/.test(call.body)) return call.whole(wire.whole);
      await call.answer();
      await call.write(wire.start + wire.text("a") + wire.finish);
      await call.end();
    });
  }
  const fields = "model messages stream stream_options max_tokens " +
    "max_completion_tokens temperature top_p top_k n stop tools tool_choice " +
    "parallel_tool_calls response_format user seed presence_penalty logit_bias " +
    "frequency_penalty logprobs top_logprobs reasoning_effort metadata store " +
    "functions function_call modalities audio prediction service_tier __proto__";
  const roles = ["user", "assistant", "system", "tool", "developer"];
  const members = "role content name tool_calls tool_call_id refusal " +
    "reasoning_content function_call cache_control __proto__";
  const requests: string[] = [];
  for (const { provider } of DIALECTS) {
    const model = `"model":"${provider}/${provider}"`;
    const user = `{"role":"user","content":"hi"}`;
    for (const value of ODD_VALUES) {
      for (const field of fields.split(" ")) {
        requests.push(
          post(`{${model},"messages":[${user}],"${field}":${value}}`),
        );
      }
    }
    // The long ones say nothing new here.
    for (const value of ODD_VALUES.filter(({ length }) => length < 1_000)) {
      for (const member of members.split(" ")) {
        const role = roles[requests.length % roles.length];
        requests.push(
          post(
            `{${model},"messages":[${user},{"role":"${role}","content":"a","${member}":${value}}]}`,
          ),
        );
      }
      const part = `{"type":"image_url","image_url":${value}}`;
      for (const item of [value, part, `{"type":"text","text":${value}}`]) {
        requests.push(
          post(`{${model},"messages":[{"role":"user","content":[${item}]}]}`),
        );
      }
    }
  }
  const half = Math.ceil(requests.length / 2);
  // Answers that are streams are no JSON: those are asked for by `stream` alone.
  const plain = requests.filter((request) =>
    !request.includes(`"stream":true`)
  );
  assert(plain.length > half);
  await sendAll(rig, plain);
  for (const request of requests) {
    if (!request.includes(`"stream":true`)) continue;
    const { status, body } = await rig.answer(request);
    assertEquals(status, 200);
    assert(body.endsWith("data: [DONE]\n\n"));
  }
});

Deno.test("C12, X16: a model's name is data, whatever it is, and a log line is one line", async () => {
  await using rig = await Rig.start();
  const before = Object.getOwnPropertyNames(Object.prototype).sort();
  const names = [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "__defineGetter__",
    "a\r\nx-injected: 1",
    "a\nb",
    "a\0b",
    "a\u2028b\u0085c",
    "模型",
    "🐎",
    "é",
    "\ud800",
    "a b?c#d/../e",
    "%0d%0ax-injected: 1",
    "${PATH}",
    `"},{"`,
    "x".repeat(10_000),
    " ",
    "/",
    "//",
    "a/",
    "/a",
  ];
  const requests: string[] = [];
  for (const name of names) {
    for (const model of [name, `oa/${name}`, `an/${name}`, `${name}/m`]) {
      requests.push(ask(model, { stream: false }));
      requests.push(ask(model, { stream: false, [name]: name, user: name }));
    }
  }
  const answers = await sendAll(rig, requests);
  for (const { status, headers } of answers) {
    assert(status === 404 || status === 400, `${status}`);
    assert(!headers.has("x-injected"));
  }
  for (const { head } of rig.upstream.calls) {
    assert(!/^x-injected/im.test(head), head);
  }
  const odd = ["__proto__", "constructor", "authorization\u0000"];
  for (const name of odd.slice(0, 2)) {
    const request = GOOD.replace("host:", `${name}: x\r\nhost:`);
    assertEquals((await rig.answer(request)).status, 404);
  }
  assertEquals(Object.getOwnPropertyNames(Object.prototype).sort(), before);
});
