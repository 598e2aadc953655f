// A6: who asks again with the same Idempotency-Key is answered again, and nobody is charged twice.
import { assert, assertEquals } from "@std/assert";
import { MemoryStateStore, StateError } from "@llm-proxy/context";
import OpenAI from "openai";
import {
  type Answering,
  eventStream,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { chatStream, chunk, completion, streamEnd } from "./_chat_answers.ts";
import { onDenoServe, onNode, startGateway } from "./_gateway.ts";
import { until } from "../logging/_test_wait.ts";

const KEYS = { a: "key-of-a-9fKd72LmQ0", b: "key-of-b-9fKd72LmQ0" };

interface Told {
  readonly status: number;
  readonly text: string;
  readonly replayed: boolean;
  readonly headers: Headers;
}

type Ask = (
  more?: {
    readonly key?: string;
    readonly caller?: "a" | "b";
    readonly body?: Record<string, unknown>;
    readonly path?: string;
    readonly signal?: AbortSignal;
  },
) => Promise<Told>;

async function withOnce(
  answer: Answering,
  use: (
    rig: {
      readonly ask: Ask;
      readonly calls: () => number;
      readonly url: string;
      readonly log: readonly Record<string, unknown>[];
    },
  ) => Promise<void>,
  { state, listening = onNode }: {
    readonly state?: MemoryStateStore;
    readonly listening?: typeof onNode;
  } = {},
): Promise<void> {
  const upstream = startAnsweringUpstream(answer);
  const store = state ?? new MemoryStateStore();
  const gateway = await startGateway(
    `
ledger: {enabled: true}
auth: {api_keys: [{name: a, key: ${KEYS.a}}, {name: b, key: ${KEYS.b}}]}
providers:
  - name: up
    type: openai_compatible
    base_url: "${upstream.origin}/v1"
    max_retries: 0
    models: [{name: m, prices: {input: 2, output: 8}}]
`,
    listening,
    undefined,
    { state: store },
  );
  const ask: Ask = async (
    {
      key = "k-1",
      caller = "a",
      body = {},
      path = "/v1/chat/completions",
      signal,
    } = {},
  ) => {
    const response = await fetch(gateway.url + path, {
      method: "POST",
      headers: {
        authorization: `Bearer ${KEYS[caller]}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify({
        model: "up/m",
        messages: [{ role: "user", content: "hi" }],
        ...body,
      }),
      ...(signal && { signal }),
    });
    const { status, headers } = response;
    const text = await response.text();
    const replayed = headers.get("idempotent-replayed") === "true";
    return { status, headers, text, replayed };
  };
  try {
    const { url, log } = gateway;
    await use({ ask, url, log, calls: () => upstream.asked.length });
  } finally {
    await gateway.close();
    await upstream.close();
    if (state === undefined) await store.close();
  }
}

function codeOf({ text }: Told): string {
  return JSON.parse(text).error.code;
}

for (const [name, listening] of Object.entries({ onNode, onDenoServe })) {
  Deno.test(`A6: the same Idempotency-Key is one call and one charge, whole or as a stream (${name})`, async () => {
    const deltas = [{ content: "one" }, { content: "two" }];
    await withOnce(
      ({ body }) =>
        body.stream ? chatStream(deltas) : completion({ content: "once" }),
      async ({ ask, calls, log }) => {
        for (const stream of [false, true]) {
          const key = `k-${stream}`;
          const first = await ask({ key, body: { stream } });
          assertEquals([first.status, first.replayed], [200, false]);
          const again = await ask({ key, body: { stream } });
          assertEquals([again.status, again.replayed], [200, true]);
          assertEquals(again.text, first.text);
          const type = "content-type";
          assertEquals(again.headers.get(type), first.headers.get(type));
          assertEquals(again.headers.get("x-llm-proxy-model"), "m");
          assertEquals(again.headers.get("x-llm-proxy-cost"), null);
          const id = "x-request-id";
          assert(again.headers.get(id) !== first.headers.get(id));
        }
        assertEquals(calls(), 2);
        await until(() => log.length === 4, "four lines");
        assertEquals(log.map((line) => line.cost_usd !== undefined), [
          true,
          false,
          true,
          false,
        ]);
        assertEquals(log[3]?.cache, "replay");
      },
      { listening },
    );
  });
}

Deno.test("A6: five at once are one call; who comes meanwhile gets 409 and may try again", async () => {
  const go = Promise.withResolvers<void>();
  await withOnce(async () => {
    await go.promise;
    return completion({ content: "once" });
  }, async ({ ask, calls, url }) => {
    const first = ask();
    await until(() => calls() === 1, "the call");
    const others = await Promise.all([ask(), ask(), ask(), ask()]);
    for (const other of others) {
      assertEquals([other.status, codeOf(other)], [
        409,
        "idempotency_key_in_use",
      ]);
      assertEquals(other.headers.get("retry-after"), "1");
    }
    const client = new OpenAI({ apiKey: KEYS.a, baseURL: `${url}/v1` });
    const retried = client.chat.completions.create(
      { model: "up/m", messages: [{ role: "user", content: "hi" }] },
      { headers: { "idempotency-key": "k-1" } },
    );
    go.resolve();
    assertEquals((await first).status, 200);
    // The SDK tries again by itself.
    assertEquals((await retried).choices[0]?.message.content, "once");
    assertEquals(calls(), 1);
  });
});

Deno.test("A6: another body with the same key is refused in the caller's dialect, another caller's key is another", async () => {
  await withOnce(
    () => completion({ content: "once" }),
    async ({ ask, calls }) => {
      await ask();
      const other = await ask({ body: { temperature: 1 } });
      assertEquals([other.status, codeOf(other)], [
        422,
        "idempotency_key_reused",
      ]);
      const messages = await ask({
        path: "/v1/messages",
        body: { max_tokens: 9 },
      });
      assertEquals(messages.status, 422);
      assertEquals(JSON.parse(messages.text).type, "error");
      assertEquals(calls(), 1);
      const foreign = await ask({ caller: "b" });
      assertEquals([foreign.status, foreign.replayed], [200, false]);
      assertEquals(calls(), 2);
      for (const key of ["x".repeat(256), "two words", "\u00e9"]) {
        const wrong = await ask({ key });
        assertEquals(codeOf(wrong), "invalid_idempotency_key");
      }
    },
  );
});

for (const [name, listening] of Object.entries({ onNode, onDenoServe })) {
  Deno.test(`A6: a form is known by what is in it, small or large, not by its boundary or its length (${name})`, async () => {
    await withOnce(
      () => json({ text: "heard" }),
      async ({ url, calls }) => {
        const say = async (
          key: string,
          sound: Uint8Array<ArrayBuffer>,
        ): Promise<[number, boolean, string | undefined]> => {
          const form = new FormData();
          form.set("model", "up/m");
          form.set("file", new File([sound], "a.wav", { type: "audio/wav" }));
          const response = await fetch(`${url}/v1/audio/transcriptions`, {
            method: "POST",
            headers: {
              authorization: `Bearer ${KEYS.a}`,
              "idempotency-key": key,
            },
            body: form,
          });
          const { error } = await response.json();
          const replayed = response.headers.get("idempotent-replayed");
          return [response.status, replayed === "true", error?.code];
        };
        for (const [turn, size] of [1_000, 3_000_000].entries()) {
          const sound = new Uint8Array(size);
          const other = new Uint8Array(size);
          other[size - 1] = 1;
          const key = `form-${size}`;
          assertEquals(await say(key, sound), [200, false, undefined]);
          assertEquals(await say(key, sound), [200, true, undefined]);
          assertEquals(await say(key, other), [
            422,
            false,
            "idempotency_key_reused",
          ]);
          assertEquals(await say(key, sound), [200, true, undefined]);
          assertEquals(calls(), turn + 1);
        }
      },
      { listening },
    );
  });
}

Deno.test("A6: an error is no answer: the same key tries again", async () => {
  await withOnce(
    ({ body }, number) => {
      if (number % 2 === 1) return completion({ content: "now" });
      if (!body.stream) return json({ error: {} }, { status: 503 });
      return eventStream(chunk({ content: "begun" }));
    },
    async ({ ask, calls }) => {
      assertEquals((await ask()).status, 503);
      const now = await ask();
      assertEquals([now.status, now.replayed], [200, false]);
      assertEquals((await ask()).replayed, true);
      // A stream that breaks off.
      const key = "k-2";
      const broken = await ask({ key, body: { stream: true } });
      assert(broken.text.includes("error"));
      await ask({ key, body: { stream: true } });
      assertEquals(calls(), 4);
    },
  );
});

Deno.test("A6: an answer is made to its end for a client that lost its connection", async () => {
  const go = Promise.withResolvers<void>();
  async function* slowly(): AsyncGenerator<string> {
    yield chunk({ role: "assistant", content: "one" });
    await go.promise;
    yield chunk({ content: "two" }) + streamEnd();
  }
  await withOnce(
    () => eventStream(slowly()),
    async ({ ask, calls, log }) => {
      const body = { stream: true };
      const leaving = new AbortController();
      const left = ask({ body, signal: leaving.signal }).catch(() => "left");
      await until(() => calls() === 1, "the call");
      leaving.abort();
      assertEquals(await left, "left");
      assertEquals((await ask({ body })).status, 409);
      go.resolve();
      await until(() => log.length === 2, "its end");
      const again = await ask({ body });
      assertEquals([again.status, again.replayed], [200, true]);
      assert(again.text.includes("two") && again.text.includes("[DONE]"));
      assertEquals(calls(), 1);
      assert(log.every(({ error }) => error !== "client_closed"));
    },
  );
});

Deno.test("A6: answers outlive a restart for a day; what a killed process left is free after half a minute", async () => {
  let now = Date.now();
  const state = new MemoryStateStore({ now: () => now });
  // Another process on the same state has it.
  const answer: Answering = () => completion({ content: "once" });
  await withOnce(answer, async ({ ask }) => {
    assertEquals((await ask()).replayed, false);
  }, { state });
  await withOnce(answer, async ({ ask, calls }) => {
    assertEquals((await ask()).replayed, true);
    assertEquals(calls(), 0);
    const [{ key } = { key: [] }] = (await state.list(["idempotency"])).entries;
    const { value } = (await state.get(key)) ?? {};
    const { print } = value as { print: string };
    await state.set(key, { print }, { deadline: now + 30_000 });
    assertEquals((await ask()).status, 409);
    now += 30_001;
    assertEquals((await ask()).replayed, false);
    now += 86_400_001;
    assertEquals((await ask()).replayed, false);
    assertEquals(calls(), 2);
  }, { state });
  await state.close();
});

Deno.test("A6: an answer that is too large to be kept is never paid twice", async () => {
  const large = { content: "x".repeat(9 * 1024 * 1024) };
  await withOnce(() => completion(large), async ({ ask, calls }) => {
    assertEquals((await ask()).status, 200);
    const again = await ask();
    assertEquals([again.status, codeOf(again)], [
      409,
      "idempotent_answer_lost",
    ]);
    assertEquals(again.headers.get("x-should-retry"), "false");
    assertEquals(calls(), 1);
  });
});

Deno.test("A6, S7: a store that cannot tell what others hold holds nobody up, and what waits to be written is told again", async () => {
  const state = new MemoryStateStore();
  const { commit } = state;
  // As a store that is managed does while the one beneath is away.
  state.commit = (batch) =>
    batch.checks?.length
      ? Promise.reject(new StateError("unavailable", "It is away"))
      : commit.call(state, batch);
  await withOnce(
    () => completion({ content: "once" }),
    async ({ ask, calls }) => {
      const first = await ask();
      assertEquals([first.status, first.replayed], [200, false]);
      assertEquals((await ask()).replayed, true);
      assertEquals((await ask({ body: { n: 1 } })).status, 422);
      state.get = () =>
        Promise.reject(new StateError("unavailable", "It is away"));
      assertEquals((await ask()).status, 200);
      assertEquals(calls(), 2);
    },
    { state },
  );
  await state.close();
});

Deno.test("A6: what was stored of an answer in parts comes back whole, and nothing else does", async () => {
  // Too random to become small.
  const content = Array.from(
    { length: 13 },
    () => crypto.getRandomValues(new Uint8Array(60_000)).toBase64(),
  ).join("");
  const state = new MemoryStateStore();
  await withOnce(() => completion({ content }), async ({ ask, calls }) => {
    const first = await ask();
    const isStored = async (): Promise<boolean> => {
      const [row] = (await state.list(["idempotency"])).entries;
      return (row?.value as { parts?: number } | undefined)?.parts === 2;
    };
    for (let tries = 0; !(await isStored()); tries++) {
      assert(tries < 500, "no parts");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const again = await ask();
    assertEquals([again.replayed, again.text === first.text], [true, true]);
    const [{ key } = { key: [] }] =
      (await state.list(["idempotency_part"])).entries;
    await state.delete(key);
    const torn = await ask();
    assertEquals([torn.status, codeOf(torn)], [409, "idempotent_answer_lost"]);
    assertEquals(calls(), 1);
  }, { state });
  await state.close();
});

Deno.test("A6: two processes on one state are one: in flight at one is in flight at the other, and so is the answer", async () => {
  const state = new MemoryStateStore();
  const go = Promise.withResolvers<void>();
  const calls: number[] = [];
  const answer: Answering = async () => {
    calls.push(1);
    await go.promise;
    return completion({ content: "once" });
  };
  await withOnce(answer, async (here) => {
    await withOnce(answer, async (there) => {
      const first = here.ask();
      await until(() => calls.length === 1, "the call");
      const second = await there.ask();
      assertEquals(codeOf(second), "idempotency_key_in_use");
      assertEquals((await there.ask({ body: { n: 1 } })).status, 422);
      go.resolve();
      const told = await first;
      let again = await there.ask();
      for (let tries = 0; again.status === 409; tries++) {
        assert(tries < 200);
        await new Promise((resolve) => setTimeout(resolve, 10));
        again = await there.ask();
      }
      assertEquals([again.replayed, again.text], [true, told.text]);
      assertEquals(calls.length, 1);
    }, { state });
  }, { state });
  await state.close();
});
