// Streams that stall, break off or come in odd pieces: over sockets, with
// another deployment behind them, which must never be mixed in.
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Buffer } from "node:buffer";
import { FailoverRig, PREFIXES } from "./_failover_rig.ts";
import { dialectOf, pingOnly, silence } from "./_faults.ts";
import { areWithin, shown, tell } from "./_measured.ts";
import { ask, type RawAnswer, RawClient } from "./_raw_client.ts";
import { pieces, respell, seeded } from "./_respell.ts";
import { contentOf, errorOf, eventsOf, soon } from "./_rig.ts";
import type { UpstreamCall, UpstreamScript } from "./_scripted_upstream.ts";
import { CHAT_PIECES, DIALECTS, MESSAGES_PIECES } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

/** A stream as its client saw it. */
interface Seen {
  readonly answer: RawAnswer;
  /** When the first of it came, and the last. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Asks for a stream on a connection of its own and reads it to its end. */
async function stream(rig: FailoverRig, model: string): Promise<Seen> {
  const client = await RawClient.connect(rig.url);
  try {
    await client.send(ask(model));
    const [answer] = await client.answers(1);
    assert(answer, `${model}: closed without an answer`);
    const { arrivals } = client;
    // An error ends the connection, a proper end does not.
    if (errorOf(answer.body) && answer.status === 200) {
      await soon(client.closed, `${model}: the end of the connection`);
    }
    return {
      answer,
      firstAt: arrivals[0]?.at ?? NaN,
      lastAt: arrivals.at(-1)?.at ?? NaN,
    };
  } finally {
    client.leave();
  }
}

/** Models of both dialects, so many of each. */
function models(name: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => PREFIXES.map((prefix) => `${prefix}-${name}-${i}`),
  ).flat();
}

/** Does something for each, so many at a time. */
async function inTurns<T>(
  items: readonly T[],
  { at, work }: {
    readonly at: number;
    readonly work: (item: T) => Promise<void>;
  },
): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: at }, worker));
}

/** Asserts a stream that has begun and ends in an error: no finish, no terminator. */
function isBroken({ status, body, complete }: RawAnswer, code: RegExp): void {
  assertEquals(status, 200);
  assert(complete, "the transfer itself is whole");
  assert(code.test(String(errorOf(body)?.code)), body.slice(-300));
  assert(!seemsWhole(body), body.slice(-300));
}

/** Whether a client could take a stream for a whole one. */
function seemsWhole(body: string): boolean {
  return body.includes("[DONE]") || /"finish_reason":\s*"/.test(body) ||
    errorOf(body) === undefined;
}

Deno.test("U4: a stream that hangs ends by the idle timer, in an error event, with its connection", async () => {
  const limit = 300;
  await using rig = await FailoverRig.start({
    config: `http_client: {idle_timeout: ${limit / 1_000}}`,
    first: { usual: silence("in_body") },
  });
  const errors: number[] = [];
  const closing: number[] = [];
  const asked = models("hangs", 20);
  await inTurns(asked, {
    at: 20,
    work: async (model) => {
      const { answer, firstAt, lastAt } = await stream(rig, model);
      isBroken(answer, /^idle_timeout$/);
      assertEquals(contentOf(answer.body), "hel");
      errors.push(lastAt - firstAt - limit);
      const request = rig.sole("first", model);
      await until(() => request.leftAt !== undefined, "the gateway leaves");
      closing.push(request.leftAt! - lastAt);
    },
  });
  tell("U4", `timer off by ${shown(errors)}`);
  tell("U4", `an error event at the end of ${errors.length}/${asked.length}`);
  tell("U4", `the provider left ${shown(closing)} after it`);
  areWithin(errors.map(Math.abs), 100);
  areWithin(closing, 50);
  // What the client has is not gone on with by another model.
  assertEquals(rig.second.requests.length, 0);
  await rig.settled();
});

/** Thinks twice as long as any silence may last, before content and between, and says so. */
function thinks(pauseMs: number, pingMs: number): UpstreamScript {
  return async (call) => {
    const { start, text, ping, finish } = dialectOf(call);
    const think = async (): Promise<void> => {
      for (let left = pauseMs; left > 0; left -= pingMs) {
        await call.write(ping);
        await call.wait(pingMs);
      }
    };
    await call.answer();
    await call.write(start);
    await think();
    await call.write(text("hel"));
    await think();
    await call.write(text("lo"));
    await call.write(finish);
    await call.end();
  };
}

Deno.test("U5: pings alone are a stall, and pings within a thought are not", async () => {
  const idle = 900;
  const content = 4_000;
  await using rig = await FailoverRig.start({
    config: `http_client: {idle_timeout: ${idle / 1_000}, ` +
      `first_token_timeout: ${content / 1_000}}`,
  });
  const { first } = rig;
  first.usual = thinks(1.5 * idle, 100);
  const late: number[] = [];
  const stall = async (name: string): Promise<void> => {
    for (const prefix of PREFIXES) {
      const model = `${prefix}-${name}`;
      first.on(model, (call) => stalls(call, name));
    }
    await Promise.all(PREFIXES.map(async (prefix) => {
      const model = `${prefix}-${name}`;
      const { answer, firstAt, lastAt } = await stream(rig, model);
      if (name === "never-begins") {
        assertEquals(answer.headers.get("x-llm-proxy-provider"), "b");
        const { at } = rig.sole("first", model);
        return void late.push(rig.sole("second", model).at - at - content);
      }
      isBroken(answer, /^idle_timeout$/);
      assertEquals(contentOf(answer.body), "hel");
      late.push(lastAt - firstAt - content);
    }));
  };
  let killed = 0;
  const thinkers = models("thinks", 100);
  await Promise.all([
    stall("never-begins"),
    stall("stops"),
    ...thinkers.map(async (model) => {
      const { answer } = await stream(rig, model);
      const isWhole = contentOf(answer.body) === "hello" &&
        eventsOf(answer.body).at(-1) === "[DONE]" &&
        answer.headers.get("x-llm-proxy-provider") !== "b";
      if (!isWhole) killed++;
    }),
  ]);
  tell("U5", `${killed} of ${thinkers.length} thinking streams killed`);
  tell("U5", `stalls behind pings found late by ${shown(late)}`);
  assertEquals(killed, 0);
  areWithin(late.map(Math.abs), 200);
  await rig.settled();
});

/** Pings from the first on, or after some content. */
async function stalls(call: UpstreamCall, name: string): Promise<void> {
  if (name === "never-begins") return await pingOnly(100)(call);
  const { start, text, ping } = dialectOf(call);
  await call.answer();
  await call.write(start + text("hel"));
  await call.repeat(ping, 100);
}

/** Ways in which a stream ends before its end. */
const ENDINGS = [
  "length",
  "within-a-chunk",
  "without-terminator",
  "closed",
  "reset",
  "whole-body",
  "no-finish",
] as const;

/** Ends a stream early in one of these ways, somewhere before its last event is whole. */
function breakOff(
  ending: typeof ENDINGS[number],
  random: () => number,
): UpstreamScript {
  return async (call) => {
    const { start, text, finish } = dialectOf(call);
    const whole = Buffer.from(start + text("hello 漢字") + finish);
    // The last event may lack its blank line, but not its last character (M7).
    const last = Buffer.byteLength(whole.toString().trimEnd()) - 1;
    const sent = whole.subarray(0, Math.floor(random() * (last + 1)));
    switch (ending) {
      case "length":
        await call.answer({ framing: "length", length: whole.length });
        await call.write(sent);
        return call.cut();
      case "within-a-chunk":
        await call.answer();
        await call.raw(`${whole.length.toString(16)}\r\n`);
        await call.raw(sent);
        return call.cut();
      case "without-terminator":
        await call.answer();
        await call.write(sent);
        return call.cut();
      case "closed":
        await call.answer({ framing: "close" });
        await call.write(sent);
        return call.cut();
      case "reset":
        await call.answer();
        await call.write(sent);
        await call.wait(5);
        return call.reset();
      case "whole-body":
        await call.answer();
        await call.write(sent);
        return await call.end();
      case "no-finish":
        await call.answer();
        await call.write(start + text("hello"));
        await call.write(finish.split("\n\n").slice(-2).join("\n\n"));
        return await call.end();
    }
  };
}

Deno.test("U6: none of 1,000 streams that break off looks complete, wherever and however", async () => {
  const random = seeded(6);
  await using rig = await FailoverRig.start({
    first: {
      usual: (call) => {
        const number = Number(call.model.split("-").at(-1));
        return breakOff(ENDINGS[number % ENDINGS.length]!, random)(call);
      },
    },
  });
  let clean = 0;
  let inBand = 0;
  let plain = 0;
  const codes = new Set<string>();
  await inTurns(models("cut", 500), {
    at: 25,
    work: async (model) => {
      const { answer } = await stream(rig, `${model.slice(0, 2)}/${model}`);
      const { status, body } = answer;
      if (status === 200 && seemsWhole(body)) clean++;
      else if (status === 200) inBand++;
      else plain++;
      if (status !== 200) assertEquals(status, 502, body);
      codes.add(String(errorOf(body)?.code));
    },
  });
  tell("U6", `${clean} clean endings, ${inBand} error events, ${plain} × 502`);
  tell("U6", `told as ${[...codes].join(", ")}`);
  assertEquals([clean, inBand + plain], [0, 1_000]);
  assert(inBand > 100 && plain > 100, "cuts before and after the content");
  await rig.settled();
});

// What is kept of it in a cache and a ledger is theirs to prove: the log line
// holds the code that both go by.
Deno.test("U6: a broken stream is told in the log and counts for the breaker, and one without content goes to the next deployment", async () => {
  await using rig = await FailoverRig.start({
    config: "circuit_breaker: {failure_threshold: 3}",
  });
  for (const prefix of PREFIXES) {
    const model = `${prefix}-breaks`;
    rig.first.on(model, async (call) => {
      const { start, text } = dialectOf(call);
      await call.answer();
      await call.write(start + text("hel"));
      call.cut();
    });
    for (let i = 0; i < 3; i++) {
      const { answer } = await stream(rig, model);
      isBroken(answer, /^upstream_body_cut$/);
    }
    const line = await rig.line(model);
    assertEquals([line.status, line.error], [200, "upstream_body_cut"]);
    assert(String(line.attempts).includes("reason=upstream_body_cut"));
    assertEquals(rig.breaker(`${prefix}/${model}`), ["open"]);
    // Before its end the next deployment has what comes.
    const { answer } = await stream(rig, model);
    assertEquals(answer.headers.get("x-llm-proxy-provider"), "b");
    assertEquals(contentOf(answer.body), "hello");

    const early = `${prefix}-early`;
    rig.first.on(early, async (call) => {
      await call.answer();
      await call.write(dialectOf(call).start);
      call.cut();
    });
    const { answer: other } = await stream(rig, early);
    assertEquals(contentOf(other.body), "hello");
    assertEquals(other.headers.get("x-llm-proxy-attempts"), "2");
  }
  await rig.settled();
});

Deno.test("U6: a whole answer that breaks off is never a 200", async () => {
  const random = seeded(66);
  const framings = ["length", "chunked", "close"] as const;
  await using rig = await FailoverRig.start({
    first: {
      usual: async (call) => {
        const number = Number(call.model.split("-").at(-1));
        const whole = Buffer.from(dialectOf(call).whole);
        const framing = framings[number % 3]!;
        const type = "application/json";
        await call.answer({ framing, length: whole.length, type });
        await call.write(
          whole.subarray(0, Math.floor(random() * whole.length)),
        );
        call.cut();
      },
    },
  });
  const statuses = new Map<string, number>();
  await inTurns(models("cut", 60), {
    at: 20,
    work: async (model) => {
      const text = ask(`${model.slice(0, 2)}/${model}`, { stream: false });
      const { status, body } = await rig.answer(text);
      const key = `${status} ${errorOf(body)?.code}`;
      statuses.set(key, (statuses.get(key) ?? 0) + 1);
    },
  });
  tell("U6", `whole: ${[...statuses].map((it) => it.join(" × ")).join(", ")}`);
  assertEquals([...statuses.keys()].sort(), [
    "502 upstream_body_cut",
    "502 upstream_invalid_response",
  ]);
  await rig.settled();
});

/** The events of a stream, without what is a matter of the clock. */
function told(body: string): unknown[] {
  return eventsOf(body).map((data) =>
    data === "[DONE]" ? data : { ...JSON.parse(data), created: 0 }
  );
}

Deno.test("U8: 10,000 events mean the same however they are spelt and cut", async () => {
  const perStream = 40;
  await using rig = await FailoverRig.start();
  let diffs = 0;
  let events = 0;
  const rounds = 10_000 / perStream / DIALECTS.length;
  await Promise.all(PREFIXES.map(async (prefix) => {
    const wire = prefix === "oa" ? CHAT_PIECES : MESSAGES_PIECES;
    const texts = Array.from(
      { length: perStream },
      (_, i) => wire.text(`${i}: "漢", \\ é🐎\n{[,]}`),
    );
    const plain = wire.start + texts.join("") + wire.finish;
    const send = async (
      model: string,
      parts: Iterable<Uint8Array>,
    ): Promise<unknown[]> => {
      rig.first.on(model, async (call) => {
        await call.answer();
        for (const part of parts) await call.write(part);
        await call.end();
      });
      return told((await stream(rig, `${prefix}/${model}`)).answer.body);
    };
    const reference = await send(`${prefix}-plain`, [Buffer.from(plain)]);
    assertGreaterOrEqual(reference.length, perStream + 2);
    const numbers = Array.from({ length: rounds }, (_, i) => i);
    await inTurns(numbers, {
      at: 5,
      work: async (number) => {
        const random = seeded(number * 2 + (prefix === "oa" ? 0 : 1));
        const bytes = Buffer.from(respell(plain, random));
        const got = await send(
          `${prefix}-${number}`,
          pieces(bytes, { most: 200, random }),
        );
        events += perStream;
        if (Deno.inspect(got) !== Deno.inspect(reference)) {
          diffs++;
          assertEquals(got, reference, `seed ${number}: ${bytes}`);
        }
      },
    });
  }));
  tell("U8", `${diffs} diffs in ${events} events`);
  assertEquals([diffs, events], [0, 10_000]);
  await rig.settled();
});

/** So many short strings of many scripts. */
function strings(count: number, random: () => number): string[] {
  const units = [
    ..."漢字かな한글éß",
    "🧑‍🚀",
    "👩‍👩‍👧",
    "🇺🇳",
    "e\u0301",
    "न\u093f",
    "\u{1d11e}",
    "\u2028",
    "a",
  ];
  return Array.from(
    { length: count },
    () =>
      Array.from(
        { length: 1 + Math.floor(random() * 8) },
        () => units[Math.floor(random() * units.length)],
      ).join(""),
  );
}

Deno.test("U9: 1,000 strings of many scripts come through byte by byte unchanged, beside text that is broken", async () => {
  const said = strings(1_000, seeded(9));
  await using rig = await FailoverRig.start();
  let replaced = 0;
  await Promise.all(PREFIXES.map(async (prefix) => {
    const model = `${prefix}-bytes`;
    rig.first.on(model, async (call) => {
      const { start, text, finish } = dialectOf(call);
      await call.answer();
      await call.write(start);
      for (let i = 0; i < said.length; i += 20) {
        const bytes = Buffer.from(text(said.slice(i, i + 20).join("")));
        for (let at = 0; at < bytes.length; at++) {
          await call.write(bytes.subarray(at, at + 1));
        }
      }
      await call.write(finish);
      await call.end();
    });
    const { body } = (await stream(rig, `${prefix}/${model}`)).answer;
    const content = contentOf(body);
    replaced += content.split("\ufffd").length - 1;
    assert(content === said.join(""), "the text has changed");
    assertEquals(eventsOf(body).at(-1), "[DONE]");
  }));
  tell("U9", `${replaced} replacement characters in ${said.length} strings`);
  assertEquals(replaced, 0);
  await rig.settled();
});

Deno.test("U9: halves of a surrogate pair in two events are one character to the client", async () => {
  await using rig = await FailoverRig.start();
  await Promise.all(PREFIXES.map(async (prefix) => {
    const model = `${prefix}-halves`;
    rig.first.on(model, async (call) => {
      const { start, text, finish } = dialectOf(call);
      await call.answer();
      await call.write(start + text("a\ud83d") + text("\udc0eb") + finish);
      await call.end();
    });
    const { body } = (await stream(rig, `${prefix}/${model}`)).answer;
    assertEquals(contentOf(body), "a🐎b");
  }));
});

Deno.test("U9: bytes that are no UTF-8 stay in their own event", async () => {
  await using rig = await FailoverRig.start();
  const junk = [[0xff], [0xc3], [0xe6, 0xbc], [0xed, 0xa0, 0x80], [0xf0, 0x9f]];
  await Promise.all(PREFIXES.map(async (prefix) => {
    for (const [i, bytes] of junk.entries()) {
      const model = `${prefix}-junk-${i}`;
      rig.first.on(model, async (call) => {
        const { start, text, finish } = dialectOf(call);
        const [before = "", after = ""] = text("x?y").split("?");
        await call.answer();
        await call.write(start + text("漢"));
        await call.write(
          Buffer.concat([
            Buffer.from(before),
            Uint8Array.from(bytes),
            Buffer.from(after),
          ]),
        );
        await call.write(text("字") + finish);
        await call.end();
      });
      const { body } = (await stream(rig, `${prefix}/${model}`)).answer;
      const content = contentOf(body);
      assert(/^漢x\ufffd{1,3}y字$/.test(content), content);
      assertEquals(eventsOf(body).at(-1), "[DONE]");
    }
  }));
  await rig.settled();
});
