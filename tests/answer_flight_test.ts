// One call to the provider for all who ask the same at the same time.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Answering, eventStream, json } from "./_answering_upstream.ts";
import {
  type Asking,
  type CacheRig,
  chat,
  KEYS,
  message,
  numbered,
  told,
  withCache,
} from "./_cache_rig.ts";
import { chunk, completion, streamEnd } from "./_chat_answers.ts";
import { until } from "../logging/_test_wait.ts";

/** A stream whose words come when the test says so. */
class Words {
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();

  readonly answer: Answering = () => eventStream(this.#pieces());

  /** Lets a word come. */
  say(word: string): void {
    this.#gate(word).resolve();
  }

  async *#pieces(): AsyncGenerator<string> {
    for (const word of ["one ", "two ", "three"]) {
      await this.#gate(word).promise;
      yield chunk({ content: word });
    }
    yield streamEnd();
  }

  #gate(word: string): PromiseWithResolvers<void> {
    let gate = this.#gates.get(word);
    if (gate === undefined) {
      gate = Promise.withResolvers();
      this.#gates.set(word, gate);
    }
    return gate;
  }
}

/** Reads a stream until it has said something. */
class Reader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  text = "";

  constructor({ body }: Response) {
    this.#reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  async until(word: string): Promise<void> {
    while (!this.text.includes(word)) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`It ended without '${word}': ${this.text}`);
      this.text += value;
    }
  }

  async rest(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return this.text;
      this.text += value;
    }
  }

  async leave(): Promise<void> {
    await this.#reader.cancel();
  }
}

const HI = chat("hi", { stream: true });

async function stream(
  { ask }: CacheRig,
  asking?: Asking,
  body: object = HI,
): Promise<Reader & { readonly cache?: string }> {
  const response = await ask(body, asking);
  assertEquals(response.status, 200);
  return new Reader(response);
}

Deno.test("L10: 500 who ask the same at the same time are answered by one call", async () => {
  const gate = Promise.withResolvers<void>();
  const answer: Answering = async (asked, number) => {
    await gate.promise;
    return await numbered(asked, number);
  };
  await withCache(async ({ ask, upstream }) => {
    const all = Array.from({ length: 500 }, () => ask(chat("hi")).then(told));
    const bobs = ask(chat("hi"), { key: "bob" }).then(told);
    await until(() => upstream.asked.length === 2);
    gate.resolve();
    const answers = await Promise.all(all);
    assertEquals(new Set(answers.map(([text]) => text)).size, 1);
    assertEquals(answers.filter(([, cache]) => cache === "miss").length, 1);
    assertEquals(answers.filter(([, cache]) => cache === "hit").length, 499);
    assertEquals((await bobs)[1], "miss");
    assertEquals(upstream.asked.length, 2);
  }, { answer });
});

Deno.test("L10: who comes late to a stream gets what has come, then follows it, in any dialect and form", async () => {
  const words = new Words();
  await withCache(async (rig) => {
    const capped = chat("hi", { stream: true, max_tokens: 100 });
    const leading = stream(rig, {}, capped);
    words.say("one ");
    const leader = await leading;
    await leader.until("one ");
    words.say("two ");
    await leader.until("two ");
    const late = await stream(rig, {}, capped);
    const path = "/v1/messages";
    const claude = await stream(rig, { path }, message("hi", { stream: true }));
    const whole = rig.ask(chat("hi", { max_tokens: 100 })).then(told);
    for (const reader of [late, claude]) {
      await reader.until("two ");
      assert(!reader.text.includes("three"));
    }
    words.say("three");
    assertMatch(await leader.rest(), /three.*\[DONE\]/s);
    assertMatch(await late.rest(), /one .*two .*three.*\[DONE\]/s);
    assertMatch(
      await claude.rest(),
      /message_start.*one .*two .*three.*end_turn.*message_stop/s,
    );
    assertEquals(await whole, ["one two three", "hit"]);
    assertEquals(rig.upstream.asked.length, 1);
  }, { answer: words.answer });
});

Deno.test("who asked first and leaves takes nobody along, and the answer is kept", async () => {
  const words = new Words();
  await withCache(async (rig) => {
    const controller = new AbortController();
    const leading = stream(rig, { signal: controller.signal });
    words.say("one ");
    const leader = await leading;
    await leader.until("one ");
    const follower = await stream(rig);
    await follower.until("one ");
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(rig.upstream.asked[0]?.gone.aborted, false);
    words.say("two ");
    words.say("three");
    assertMatch(await follower.rest(), /two .*three.*\[DONE\]/s);
    const kept = rig.ask(chat("hi")).then(told);
    assertEquals(await kept, ["one two three", "hit"]);
    assertEquals(rig.upstream.asked.length, 1);
  }, { answer: words.answer });
});

Deno.test("when all have left, the provider is left too", async () => {
  const words = new Words();
  await withCache(async (rig) => {
    const leaving = new AbortController();
    const leading = stream(rig, { signal: leaving.signal });
    words.say("one ");
    const leader = await leading;
    await leader.until("one ");
    const other = new AbortController();
    const follower = await stream(rig, { signal: other.signal });
    await follower.until("one ");
    leaving.abort();
    await new Promise((resolve) => setTimeout(resolve, 30));
    other.abort();
    await until(() => rig.upstream.asked[0]?.gone.aborted === true);
    for (const reader of [leader, follower]) {
      await reader.rest().catch(() => {});
    }
  }, { answer: words.answer });
});

Deno.test("L10: one failure is one call and is told to all who wait, and nobody else", async () => {
  const gate = Promise.withResolvers<void>();
  const answer: Answering = async (_, number) => {
    await gate.promise;
    return number === 0
      ? json({ error: { message: "It is down" } }, { status: 500 })
      : completion({ content: "up" });
  };
  await withCache(async ({ ask, upstream, log }) => {
    const all = Array.from({ length: 10 }, () => ask(chat("hi")));
    await until(() => upstream.asked.length === 1);
    // The others have come as far as to wait.
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    for (const response of await Promise.all(all)) {
      assertEquals(response.status, 502);
      await response.body?.cancel();
    }
    assertEquals(upstream.asked.length, 1);
    assertEquals(await told(await ask(chat("hi"))), ["up", "miss"]);
    await until(() => log.length === 11);
  }, { answer });
});

Deno.test("U6: a stream that breaks off ends in an error for all who follow it", async () => {
  const gate = Promise.withResolvers<void>();
  const answer: Answering = () =>
    eventStream((async function* () {
      yield chunk({ content: "one " });
      await gate.promise;
    })());
  await withCache(async (rig) => {
    const leader = await stream(rig);
    await leader.until("one ");
    const follower = await stream(rig);
    const claude = await stream(
      rig,
      { path: "/v1/messages" },
      message("hi", { stream: true }),
    );
    await follower.until("one ");
    await claude.until("one ");
    gate.resolve();
    for (const reader of [leader, follower]) {
      const text = await reader.rest().catch(() => reader.text);
      assertMatch(text, /"error"/);
      assert(!text.includes("[DONE]"));
    }
    const text = await claude.rest().catch(() => claude.text);
    assertMatch(text, /event: error/);
    assert(!text.includes("message_stop"));
  }, { answer });
});

Deno.test("who reads slowly holds nobody up, first or later", async () => {
  const piece = "x".repeat(16_384);
  const answer: Answering = () =>
    eventStream((async function* () {
      // Slow enough for the others to join before its end.
      for (let i = 0; i < 600; i++) {
        yield chunk({ content: piece });
        if (i % 20 === 0) {
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      }
      yield streamEnd();
    })());
  await withCache(async ({ url, ask }) => {
    const { hostname, port } = new URL(url);
    const body = JSON.stringify(HI);
    const stuck = async (): Promise<Deno.Conn> => {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(
        new TextEncoder().encode(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}:${port}\r\n` +
            `x-api-key: ${KEYS.ann}\r\ncontent-type: application/json\r\n` +
            `content-length: ${body.length}\r\n\r\n${body}`,
        ),
      );
      const head = new Uint8Array(1_024);
      await connection.read(head);
      assertMatch(new TextDecoder().decode(head), /^HTTP\/1.1 200/);
      return connection;
    };
    const leader = await stuck();
    const follower = await stuck();
    const reader = new Reader(await ask(HI));
    const text = await reader.rest();
    assert(text.length > 600 * 16_384);
    assertMatch(text, /\[DONE\]/);
    leader.close();
    follower.close();
  }, { answer });
});

Deno.test("why the first was refused is no matter of those who wait: they ask themselves", async () => {
  const gate = Promise.withResolvers<void>();
  const answer: Answering = async (asked, number) => {
    if (number === 0) await gate.promise;
    return await numbered(asked, number);
  };
  await withCache(async ({ ask, upstream }) => {
    const busy = ask(chat("another"));
    await until(() => upstream.asked.length === 1);
    const both = [1, 2].map(async () => {
      const response = await ask(chat("hi"));
      await response.body?.cancel();
      return response.status;
    });
    // The first has waited for its turn in vain; the other's wait begins.
    assertEquals(await Promise.race(both), 503);
    gate.resolve();
    assertEquals((await told(await busy))[0], "answer 0");
    assertEquals((await Promise.all(both)).sort(), [200, 503]);
    assertEquals(await told(await ask(chat("hi"))), ["answer 1", "hit"]);
    assertEquals(upstream.asked.length, 2);
  }, {
    answer,
    provider: "concurrency: {max: 1, max_queue: 5, max_wait: 0.3}",
  });
});
