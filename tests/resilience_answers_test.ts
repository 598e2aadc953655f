// Answers that are none, whatever their status and their label: over sockets,
// with another deployment behind them and without.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { FailoverRig, PREFIXES } from "./_failover_rig.ts";
import { dialectOf, ok, wantsStream } from "./_faults.ts";
import { tell } from "./_measured.ts";
import { ask, type RawAnswer } from "./_raw_client.ts";
import { contentOf, errorOf } from "./_rig.ts";
import type { UpstreamCall, UpstreamScript } from "./_scripted_upstream.ts";
import type { WirePieces } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

/** Asserts that the second upstream answered, whole or as a stream, after one attempt at the first. */
function isFromSecond(answer: RawAnswer, what: string): void {
  assertEquals(answer.status, 200, `${what}: ${answer.body}`);
  assertEquals(answer.headers.get("x-llm-proxy-provider"), "b", what);
  assertEquals(answer.headers.get("x-llm-proxy-attempts"), "2", what);
  assertEquals(saidOf(answer.body), "hello", what);
}

/** What an answer says, in either form. */
function saidOf(body: string): string {
  return body.startsWith("{")
    ? JSON.parse(body).choices[0].message.content
    : contentOf(body);
}

/** The code of a plain error that repeats nothing of what the provider sent. */
function codeOf(answer: RawAnswer): string {
  assertEquals(answer.headers.get("content-type"), "application/json");
  const error = errorOf(answer.body);
  assertEquals(error?.request_id, answer.headers.get("x-request-id"));
  return String(error?.code);
}

/** A body with its label. */
function body(text: string | Uint8Array, type = "application/json") {
  return async (call: UpstreamCall): Promise<void> => {
    const bytes = Buffer.from(text);
    const label = type === "" ? "" : `content-type: ${type}\r\n`;
    await call.raw(
      `HTTP/1.1 200 OK\r\n${label}content-length: ${bytes.length}\r\n\r\n`,
    );
    await call.raw(bytes);
  };
}

/** What came of the requests of one check. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  toString(): string {
    return [...this.#counts].map(([what, count]) => `${count} × ${what}`)
      .join(", ");
  }
}

/** The failures in a row that open a breaker where a check is about answers. */
const BREAKER = "circuit_breaker: {failure_threshold: 2}";

/**
 * Runs each script in both dialects: alone, and with another deployment behind
 * it until the breaker has seen enough, after which it is asked no more.
 */
async function runAll(
  rig: FailoverRig,
  { scripts, stream, alone }: {
    readonly scripts: Readonly<Record<string, UpstreamScript>>;
    readonly stream: boolean;
    /** Judges the answer where there is no other deployment. */
    readonly alone: (answer: RawAnswer, name: string) => void;
  },
): Promise<Tally> {
  const tally = new Tally();
  const run = async (prefix: string, name: string): Promise<void> => {
    const model = `${prefix}-${name}-${stream}`;
    const answer = await rig.answer(ask(`${prefix}/${model}`, { stream }));
    tally.add(`${answer.status} ${errorOf(answer.body)?.code}`);
    try {
      alone(answer, name);
    } catch (cause) {
      throw new Error(`${model}: ${JSON.stringify(answer)}`, { cause });
    }
    for (let i = 0; i < 2; i++) {
      isFromSecond(await rig.answer(ask(model, { stream })), model);
      tally.add("200 of the next deployment");
    }
    await until(
      () => rig.breaker(`${prefix}/${model}`).includes("open"),
      `the breaker of ${model} opens`,
    );
    const { headers } = await rig.answer(ask(model, { stream }));
    assertEquals(headers.get("x-llm-proxy-attempts"), "1", model);
  };
  for (const [name, script] of Object.entries(scripts)) {
    for (const prefix of PREFIXES) {
      rig.first.on(`${prefix}-${name}-${stream}`, script);
    }
  }
  await Promise.all(
    Object.keys(scripts).flatMap((name) =>
      PREFIXES.map((prefix) => run(prefix, name))
    ),
  );
  return tally;
}

/** What a provider can make of a good JSON text so that it is none. */
const SPOILED: Readonly<
  Record<string, (whole: string) => string | Uint8Array>
> = {
  "cut-in-a-string": (whole) => whole.slice(0, whole.indexOf("hello") + 2),
  "cut-before-the-end": (whole) => whole.slice(0, -1),
  "not-json-of-the-right-length": (whole) => "x".repeat(whole.length),
  "single-quotes": (whole) => whole.replaceAll('"', "'"),
  "bare-name": (whole) => whole.replace('"hello"', "NaN"),
  "line-end-in-a-string": (whole) => whole.replace("hello", "hel\nlo"),
  "two-values": (whole) => whole + whole,
  "two-values-in-two-lines": (whole) => `${whole}\n${whole}\n`,
  "trailing-garbage": (whole) => `${whole}<!-- cached -->`,
  "trailing-bracket": (whole) => `${whole}}`,
  "trailing-nul": (whole) => `${whole}\0`,
  "leading-garbage": (whole) => `)]}',\n${whole}`,
  "utf-16": (whole) => Buffer.from(whole, "utf16le"),
};

Deno.test("U7: JSON that is none is a 502 upstream_invalid_response, and the next deployment answers", async () => {
  await using rig = await FailoverRig.start({ config: BREAKER });
  const scripts = Object.fromEntries(
    Object.entries(SPOILED).map(([name, spoil]) => [
      name,
      (call: UpstreamCall) => body(spoil(dialectOf(call).whole))(call),
    ]),
  );
  const tally = await runAll(rig, {
    scripts,
    stream: false,
    alone: (answer) => {
      assertEquals(answer.status, 502);
      assertEquals(codeOf(answer), "upstream_invalid_response");
    },
  });
  tell("U7", `${tally}`);
  await rig.settled();
});

const HTML = "<!doctype html><title>Sign in</title><p>Sign in first</p>";
const TYPES = [
  "text/html; charset=utf-8",
  "",
  "application/octet-stream",
  "application/json",
  "text/event-stream",
  "text/plain",
];

function wholeStream({ start, text, finish }: WirePieces): string {
  return start + text("hello") + finish;
}

Deno.test("U10: a body counts for what it is, whatever its label; HTML is never relayed", async () => {
  await using rig = await FailoverRig.start({ config: BREAKER });
  const kinds: Record<string, (call: UpstreamCall) => string> = {
    html: () => HTML,
    "json-for-a-stream": (call) => dialectOf(call).whole,
    "stream-for-json": (call) => wholeStream(dialectOf(call)),
    "what-was-asked": (call) =>
      wantsStream(call) ? wholeStream(dialectOf(call)) : dialectOf(call).whole,
  };
  const good = new Tally();
  for (const stream of [true, false]) {
    const scripts: Record<string, UpstreamScript> = {};
    for (const [i, type] of TYPES.entries()) {
      for (const [kind, textOf] of Object.entries(kinds)) {
        const script = (call: UpstreamCall) => body(textOf(call), type)(call);
        const isGood = kind !== "html";
        if (!isGood) {
          scripts[`${kind}-${i}`] = script;
          continue;
        }
        for (const prefix of PREFIXES) {
          const model = `${prefix}-${kind}-${i}-${stream}`;
          rig.first.on(model, script);
          const answer = await rig.answer(ask(model, { stream }));
          assertEquals(answer.headers.get("x-llm-proxy-provider"), prefix);
          assertEquals(saidOf(answer.body), "hello", `${model}, '${type}'`);
          good.add(`200 under '${type}'`);
        }
      }
    }
    const tally = await runAll(rig, {
      scripts,
      stream,
      alone: (answer) => {
        assertEquals(answer.status, 502);
        assertMatch(
          codeOf(answer),
          /^upstream_(invalid_response|stream_truncated)$/,
        );
        assert(!/sign in|doctype/i.test(answer.body));
      },
    });
    tell("U10", `${stream ? "stream" : "whole"}: ${tally}`);
  }
  tell("U10", `good bodies: ${good}`);
  await rig.settled();
});

/** An event's data as a body of its own. */
function dataOf(event: string): string {
  return event.replace(/^(event: \w+\n)?data: /, "").trim();
}

const USAGE =
  `"usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3}`;

/** Whole bodies with status 200 that are no answer, and the status that each is told with. */
const NO_ANSWERS: Readonly<Record<string, [body: string, status: number]>> = {
  null: ["null", 502],
  nothing: ["", 502],
  list: ["[]", 502],
  object: ["{}", 502],
  text: [`"hello"`, 502],
  number: ["42", 502],
  "no-choices": [`{"id":"c","object":"chat.completion","choices":[]}`, 502],
  "null-choices": [`{"object":"chat.completion","choices":null}`, 502],
  "null-choice": [`{"object":"chat.completion","choices":[null]}`, 502],
  "null-message": [
    `{"object":"chat.completion","choices":[{"index":0,"message":null}]}`,
    502,
  ],
  "usage-without-output": [
    `{"id":"c","object":"chat.completion","choices":[],${USAGE}}`,
    502,
  ],
  "error-as-text": [`{"error":"Overloaded"}`, 502],
};

// A failed attempt's usage is for the ledger to book, and what is kept for
// later is for the cache to prove. An answer that ends well without a word is
// an answer: models may have nothing to say.
Deno.test("U11: a whole 200 that holds an error, or nothing, is a failure: the next deployment answers, and the breaker counts it", async () => {
  await using rig = await FailoverRig.start({ config: BREAKER });
  const scripts: Record<string, UpstreamScript> = {
    "error-object": (call) => ok(dataOf(dialectOf(call).error))(call),
    "error-event": (call) => ok(dialectOf(call).error)(call),
  };
  for (const [name, [text]] of Object.entries(NO_ANSWERS)) {
    scripts[name] = ok(text);
  }
  const tally = await runAll(rig, {
    scripts,
    stream: false,
    alone: (answer, name) => {
      const status = NO_ANSWERS[name]?.[1] ?? 503;
      assertEquals(answer.status, status);
      assertMatch(codeOf(answer), /^(upstream_\w+|overloaded_error)$/);
    },
  });
  tell("U11", `whole: ${tally}`);
  await rig.settled();
});

Deno.test("U11: a stream that begins with an error, or ends with nothing, is a failure: the next deployment answers, and the breaker counts it", async () => {
  await using rig = await FailoverRig.start({ config: BREAKER });
  const events = (textOf: (wire: WirePieces) => string): UpstreamScript => {
    return async (call) => {
      await call.answer();
      await call.write(textOf(dialectOf(call)));
      await call.end();
    };
  };
  const done = "data: [DONE]\n\n";
  const scripts: Record<string, UpstreamScript> = {
    "error-first": events(({ error }) => error),
    "error-after-role": events(({ ping, start, empty, error }) =>
      ping + start + empty + error
    ),
    "error-as-json": events(({ error }) => dataOf(error)),
    "error-then-silence": async (call) => {
      await call.answer();
      await call.write(dialectOf(call).error);
      await call.silence();
    },
    nothing: events(() => ""),
    "pings-only": events(({ ping }) => ping + ping),
    "role-only": events(({ start }) => start),
    "done-only": events(() => done),
    "null-event": events(() => `data: null\n\n${done}`),
    "null-body": events(() => "null"),
    "list-event": events(() => `data: []\n\n${done}`),
    "no-choices": events(() => `data: {"choices":[]}\n\n${done}`),
    "usage-without-output": events(() =>
      `data: {"choices":[],${USAGE}}\n\n${done}`
    ),
    "null-choice": events(() =>
      `data: {"choices":[{"index":0,"delta":{"content":"x"}},null]}\n\n`
    ),
  };
  const tally = await runAll(rig, {
    scripts,
    stream: true,
    alone: (answer, name) => {
      assertEquals(answer.status, name.startsWith("error-") ? 503 : 502);
      assertMatch(codeOf(answer), /^(upstream_\w+|overloaded_error)$/);
    },
  });
  tell("U11", `streams: ${tally}`);
  await rig.settled();
});

/** The head of a good answer with more in it. */
function headed(more: string, before = ""): UpstreamScript {
  return async (call) => {
    const stream = wantsStream(call);
    const wire = dialectOf(call);
    const text = stream ? wholeStream(wire) : wire.whole;
    const type = stream ? "text/event-stream" : "application/json";
    await call.raw(
      `${before}HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${more}` +
        `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
  };
}

Deno.test("U12: a head that is too large is refused, interim heads are passed over, and no cookie comes through", async () => {
  await using rig = await FailoverRig.start();
  const { first } = rig;
  const many = Array.from({ length: 10_000 }, (_, i) => `x-${i}: ${i}\r\n`);
  const refused: Record<string, UpstreamScript> = {
    "10000-headers": headed(many.join("")),
    "2-mb-header": headed(`x-big: ${"x".repeat(2 * 1024 * 1024)}\r\n`),
    "2-mb-name": headed(`${"x".repeat(2 * 1024 * 1024)}: x\r\n`),
  };
  const hint = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n" +
    "set-cookie: early=1\r\n\r\n";
  const passed: Record<string, UpstreamScript> = {
    // Below the cap in bytes, which is the one that holds memory.
    "10000-short-headers": headed("a:\r\n".repeat(10_000)),
    "50-interim-heads": headed("", hint.repeat(50)),
    biscuits: headed(
      "set-cookie: a=1; Path=/\r\nset-cookie: b=2\r\nset-cookie2: c=3\r\n" +
        "Set-Cookie: d=4\r\n",
    ),
  };
  const tally = new Tally();
  let cookies = 0;
  const note = (answer: RawAnswer, what: string): void => {
    tally.add(`${what}: ${answer.status}`);
    if (/cookie|early=|\b[abcd]=\d/i.test([...answer.headers].join())) {
      cookies++;
    }
  };
  for (const stream of [true, false]) {
    for (const prefix of PREFIXES) {
      for (const [name, script] of Object.entries({ ...refused, ...passed })) {
        const model = `${prefix}-${name}-${stream}`;
        first.on(model, script);
        const answer = await rig.answer(ask(model, { stream }));
        note(answer, name);
        if (name in passed) {
          assertEquals(answer.headers.get("x-llm-proxy-provider"), prefix);
          assertEquals(saidOf(answer.body), "hello", name);
          continue;
        }
        isFromSecond(answer, model);
        const alone = await rig.answer(ask(`${prefix}/${model}`, { stream }));
        note(alone, `${name} alone`);
        assertEquals(alone.status, 502, name);
        assertEquals(codeOf(alone), "upstream_header_too_large", name);
      }
    }
  }
  tell("U12", `${tally}; ${cookies} cookies forwarded`);
  assertEquals(cookies, 0);
  await rig.settled();
});
