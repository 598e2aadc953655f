import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { GatewayError } from "../errors.ts";
import { MockBody } from "./_mock_body.ts";

const decoder = new TextDecoder();

/** Endless words; notes how many were asked for and whether it was closed. */
function endless(pause = 0): {
  source: Generator<string | number>;
  made: () => number;
  closed: () => boolean;
} {
  let made = 0;
  let closed = false;
  function* words(): Generator<string | number> {
    try {
      for (;;) {
        made++;
        yield "word ";
        if (pause > 0) yield pause;
      }
    } finally {
      closed = true;
    }
  }
  return { source: words(), made: () => made, closed: () => closed };
}

Deno.test("MockBody.pump() gives each text as one chunk, pauses left out", async () => {
  const chunks: string[] = [];
  const source = ["a", 1, "b😀"][Symbol.iterator]();
  await new MockBody(source, new AbortController().signal).pump((chunk) => {
    chunks.push(decoder.decode(chunk));
  });
  assertEquals(chunks, ["a", "b😀"]);
});

Deno.test("MockBody.pump() cuts a large text into chunks of 64 KiB", async () => {
  const text = "€".repeat(100_000);
  const sizes: number[] = [];
  const reader = new TextDecoder();
  let seen = "";
  const source = [text][Symbol.iterator]();
  await new MockBody(source, new AbortController().signal).pump((chunk) => {
    sizes.push(chunk.length);
    seen += reader.decode(chunk, { stream: true });
  });
  assertEquals(seen === text, true);
  assertEquals(Math.max(...sizes), 65_536);
  assertEquals(sizes.length, 5);
});

Deno.test("MockBody.pump() makes the next chunk only when the last one is taken", async () => {
  const { source, made, closed } = endless();
  const controller = new AbortController();
  const body = new MockBody(source, controller.signal);
  const reason = new Error("enough");
  let taken = 0;
  const error = await assertRejects(() =>
    body.pump(async () => {
      taken++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      assertEquals(made(), taken);
      if (taken === 5) controller.abort(reason);
    })
  );
  assertStrictEquals(error, reason);
  assertEquals([taken, made(), closed()], [5, 5, true]);
});

Deno.test("MockBody.pump() rejects with the signal's reason during a pause, a take and before", async () => {
  const reason = new Error("left");
  const aborted = AbortSignal.abort(reason);
  const early = new MockBody(endless().source, aborted);
  assertStrictEquals(await assertRejects(() => early.pump(() => {})), reason);

  const pausing = new AbortController();
  const { source, closed } = endless(60_000);
  const paused = new MockBody(source, pausing.signal).pump(() => {
    queueMicrotask(() => pausing.abort(reason));
  });
  assertStrictEquals(await assertRejects(() => paused), reason);
  assertEquals(closed(), true);

  const stalled = new AbortController();
  const pumped = new MockBody(endless().source, stalled.signal).pump(() => {
    queueMicrotask(() => stalled.abort(reason));
    return new Promise<void>(() => {});
  });
  assertStrictEquals(await assertRejects(() => pumped), reason);
});

Deno.test("MockBody.pump() lets an abort through while it has endless work", async () => {
  const controller = new AbortController();
  const reason = new Error("late");
  const timer = setTimeout(() => controller.abort(reason), 30);
  const { source } = endless();
  const pumped = new MockBody(source, controller.signal).pump(() => {});
  assertStrictEquals(await assertRejects(() => pumped), reason);
  clearTimeout(timer);
});

Deno.test("MockBody.cancel() ends a pause at once and may be called again", async () => {
  const { source, closed } = endless(60_000);
  const body = new MockBody(source, new AbortController().signal);
  const pumped = body.pump(() => {});
  body.cancel();
  body.cancel();
  const error = await assertRejects(() => pumped, GatewayError);
  assertEquals([error.code, closed()], ["cancelled", true]);
});

Deno.test("MockBody.pump() rejects with what take threw and closes the source", async () => {
  const thrown = new Error("full");
  for (const late of [false, true]) {
    const { source, made, closed } = endless();
    const body = new MockBody(source, new AbortController().signal);
    const error = await assertRejects(() =>
      body.pump(() => {
        if (late) return Promise.reject(thrown);
        throw thrown;
      })
    );
    assertStrictEquals(error, thrown);
    assertEquals([made(), closed()], [1, true]);
  }
});
