import { openStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";
import { randomBytes } from "node:crypto";
import { AnswerParts } from "./_idempotent_parts.ts";
import { OnceTurn } from "./_once_turn.ts";
import { IdempotentAnswers } from "./idempotent_answers.ts";

const ASKED = { owner: "a", key: "k", print: "p" };

Deno.test("A6: who looks for an answer does not claim its key, however slow the store is", async () => {
  const state = await openStateStore({ type: "memory" });
  const logger = new StructuredLogger({ level: "error" });
  const first = new IdempotentAnswers(state, { logger });
  const turn = await first.take(ASKED);
  assert(turn instanceof OnceTurn);
  turn.begin({ status: 200, headers: {}, isStream: false });
  turn.add("once");
  turn.complete();
  turn.end();
  await turn.stored;
  // Another process, at the moment when it tells the store what it holds.
  const ticks: (() => void)[] = [];
  const { setInterval } = globalThis;
  Reflect.set(globalThis, "setInterval", (tick: () => void) => {
    ticks.push(tick);
    return 0;
  });
  const { get } = state;
  try {
    const second = new IdempotentAnswers(state, { logger });
    state.get = async (key) => {
      for (const tick of ticks.splice(0)) tick();
      await new Promise((resolve) => setTimeout(resolve, 5));
      return await get.call(state, key) as undefined;
    };
    const told = await second.take(ASKED);
    assert(!(told instanceof OnceTurn));
    assertEquals(new TextDecoder().decode(told.body), "once");
    await second.close();
  } finally {
    globalThis.setInterval = setInterval;
    state.get = get;
  }
  assert(!(await first.take(ASKED) instanceof OnceTurn));
  await first.close();
  await state.close();
  await logger.close();
});

Deno.test("A6: a key that is used day by day counts once among what is kept, and is the newest", async () => {
  const state = await openStateStore({ type: "memory" });
  const parts = new AnswerParts(state);
  const deadline = Date.now() + 60_000;
  // More in all than may be kept.
  const body = new Uint8Array(randomBytes(2 * 2 ** 20));
  for (let day = 0; day < 10; day++) {
    await parts.write("daily", { body, deadline });
    assertEquals(await parts.trim(), []);
  }
  await parts.write("other", { body, deadline });
  await parts.write("daily", { body, deadline });
  for (let at = 0; at < 6; at++) await parts.write(`${at}`, { body, deadline });
  assertEquals(await parts.trim(), ["other"]);
  await state.close();
});
