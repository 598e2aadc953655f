// Answers for questions that mean nearly the same.
import { assert, assertEquals } from "@std/assert";
import { type Answering, json } from "./_answering_upstream.ts";
import {
  type Asking,
  type CacheRig,
  chat,
  numbered,
  told,
  withCache,
} from "./_cache_rig.ts";
import { logLine } from "./_with_gateway.ts";

/** Angles in degrees: as far apart as the questions are in meaning. */
const ANGLES: ReadonlyMap<string, number> = new Map([
  ["How tall is Everest?", 0],
  ["How high is Mount Everest?", 5],
  ["How high is K2?", 40],
]);

const answer: Answering = (asked, number) => {
  const { input } = asked.body;
  if (asked.path !== "/v1/embeddings") return numbered(asked, number);
  const angle = ANGLES.get(input);
  if (angle === undefined) {
    return json({ error: { message: "No vector" } }, { status: 500 });
  }
  const radians = angle * Math.PI / 180;
  const embedding = [Math.cos(radians), Math.sin(radians)];
  return json({
    object: "list",
    data: [{ object: "embedding", index: 0, embedding }],
    model: "e",
    usage: { prompt_tokens: 5, total_tokens: 5 },
  });
};

async function withMeaning(
  use: (rig: CacheRig) => Promise<void>,
  semantic = "{model: up/other, threshold: 0.99, timeout: 20}",
  shared = false,
): Promise<void> {
  await withCache(async (rig) => {
    // The worker that compares takes its time to start.
    await use(rig);
  }, {
    answer,
    cache: "{}",
    config: `
routes:
  - {match: asked, targets: [up/m], cache: {shared: ${shared}, semantic: ${semantic}}}
  - {match: plain, targets: [up/m], cache: {}}
`,
  });
}

const TALL = "How tall is Everest?";
const HIGH = "How high is Mount Everest?";
const K2 = "How high is K2?";

const MODEL = { model: "asked" };

/**
 * Asks a question and then one that is near, with other settings each time, as
 * what is kept takes a moment to be found; gives the last answer and settings.
 */
async function askNear(
  { ask }: CacheRig,
  asking: Asking = {},
  tries = 20,
): Promise<{ readonly response: Response; readonly settings: object }> {
  for (let seed = 0;; seed++) {
    const settings = { ...MODEL, seed };
    await told(await ask(chat(TALL, settings)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const response = await ask(chat(HIGH, settings), asking);
    const isFound = response.headers.get("x-llm-proxy-cache") === "hit";
    if (isFound || seed === tries) return { response, settings };
    await response.body?.cancel();
  }
}

Deno.test("a question that means nearly the same gets the same answer, with how near it is", async () => {
  await withMeaning(async (rig) => {
    const { ask, upstream } = rig;
    const { response, settings } = await askNear(rig);
    const { headers } = response;
    assertEquals(headers.get("x-llm-proxy-cache-similarity"), "0.996");
    const calls = upstream.asked.length;
    const same = await ask(chat(TALL, settings));
    assertEquals(same.headers.get("x-llm-proxy-cache-similarity"), null);
    assertEquals(await told(response), await told(same));
    // What is known by its words needs no vector.
    assertEquals(upstream.asked.length, calls);
    assertEquals((await told(await ask(chat(K2, settings))))[1], "miss");
  });
});

Deno.test("semantic hits are exact about everything but the last words", async () => {
  await withMeaning(async (rig) => {
    const { ask } = rig;
    const { response, settings } = await askNear(rig);
    assertEquals((await told(response))[1], "hit");
    const tools = [{
      type: "function",
      function: { name: "f", parameters: { type: "object", properties: {} } },
    }];
    const image = [
      { type: "text", text: HIGH },
      { type: "image_url", image_url: { url: "https://example.com/a.png" } },
    ];
    const others: readonly (readonly [object, object])[] = [
      [chat(HIGH, { ...settings, temperature: 0.1 }), {}],
      [chat(HIGH, { ...settings, tools }), {}],
      [{ ...settings, messages: [{ role: "user", content: image }] }, {}],
      [{
        ...settings,
        messages: [
          { role: "system", content: "In feet." },
          { role: "user", content: HIGH },
        ],
      }, {}],
      [chat(HIGH, settings), { key: "bob" }],
      [chat(HIGH, { ...settings, model: "plain" }), {}],
      [chat(HIGH, settings), { headers: { "cache-control": "no-cache" } }],
    ];
    for (const [body, asking] of others) {
      const response = await ask(body, asking);
      const told = JSON.stringify([body, asking]);
      assertEquals(response.headers.get("x-llm-proxy-cache"), "miss", told);
      await response.body?.cancel();
    }
  });
});

Deno.test("X5: a question near another tenant's gets an answer of its own, unless they are shared", async () => {
  for (const shared of [true, false]) {
    await withMeaning(
      async (rig) => {
        // The index works: ann finds what she asked.
        assertEquals((await told((await askNear(rig)).response))[1], "hit");
        const { response } = await askNear(
          rig,
          { key: "bob" },
          shared ? undefined : 4,
        );
        assertEquals((await told(response))[1], shared ? "hit" : "miss");
      },
      undefined,
      shared,
    );
  }
});

Deno.test("a dry run logs what would have been answered, and answers nothing", async () => {
  await withMeaning(async (rig) => {
    const { ask, lines } = rig;
    const dry = () =>
      lines.filter((line) => line.includes("semantic cache dry run"));
    for (let tries = 0; tries < 20 && dry().length === 0; tries++) {
      const seed = { ...MODEL, seed: tries };
      assertEquals((await told(await ask(chat(TALL, seed))))[1], "miss");
      await new Promise((resolve) => setTimeout(resolve, 100));
      assertEquals((await told(await ask(chat(HIGH, seed))))[1], "miss");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const line = JSON.parse(dry()[0] ?? "{}");
    assertEquals(Math.round(line.similarity * 1_000), 996);
    assertEquals(line.saved_output_tokens, 7);
    assert(!dry()[0]?.includes("Everest"));
  }, "{model: up/other, threshold: 0.99, dry_run: true, timeout: 20}");
});

Deno.test("a question whose vector cannot be had is answered all the same, and its vectors are logged as requests", async () => {
  await withMeaning(async (rig) => {
    const response = await rig.ask(chat("Nobody knows", MODEL));
    assertEquals((await told(response))[1], "miss");
    const line = await logLine(rig, 0);
    assertEquals([line.route, line.status, line.key], [
      "/v1/embeddings",
      502,
      "ann",
    ]);
  });
});
