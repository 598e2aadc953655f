// What routes go by, before real connections: what accounts have left, where a
// conversation is at home, and a second call where the first is silent.
import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
} from "@std/assert";
import { AccountsRig } from "./_accounts_rig.ts";
import { eventStream } from "./_answering_upstream.ts";
import { chunk } from "./_chat_answers.ts";
import { status } from "./_faults.ts";
import { Fleet } from "./_fleet.ts";
import { STALL_MS, tell } from "./_measured.ts";
import { ask, post } from "./_raw_client.ts";
import { until } from "../logging/_test_wait.ts";

const ANSWER = JSON.stringify({
  id: "1",
  object: "chat.completion",
  created: 1,
  model: "x",
  choices: [{
    index: 0,
    message: { role: "assistant", content: "hello" },
    finish_reason: "stop",
  }],
});

Deno.test("quota_aware: what providers tell of their limits decides where requests go, until the limits are full again", async () => {
  await using fleet = await Fleet.start({
    config: "routes: [{match: m, strategy: quota_aware, targets: [a/x, b/x]}]",
  });
  const left = (remaining: number, resetMs: number) =>
    status(200, {
      headers: {
        "content-type": "application/json",
        "x-ratelimit-limit-requests": "1000",
        "x-ratelimit-remaining-requests": String(remaining),
        "x-ratelimit-reset-requests": `${resetMs}ms`,
      },
      body: ANSWER,
    });
  fleet.of("a").usual = left(0, 600);
  fleet.of("b").usual = left(900, 60_000);
  const send = async (): Promise<void> => {
    const { status } = await fleet.answer(ask("m", { stream: false }));
    assertEquals(status, 200);
  };
  const start = performance.now();
  // Nothing is known of either: each is tried.
  while (fleet.seen().includes(0)) await send();
  const before = fleet.seen();
  for (let i = 0; i < 20; i++) {
    await send();
    // By then, on a machine that is busy, its limits may be full again.
    if (performance.now() - start > 600) break;
    assertEquals(fleet.seen(), [before[0], before[1]! + i + 1]);
  }
  const told = performance.now();
  fleet.of("a").usual = left(900, 60_000);
  while (fleet.seen()[0] === before[0]) {
    await send();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertLessOrEqual(performance.now() - told, 600 + STALL_MS + 2_000);
});

Deno.test("A conversation that grows stays with the deployment that has its beginning in its cache", async () => {
  await using fleet = await Fleet.start({
    names: ["a", "b", "c"],
    config:
      "routes: [{match: m, strategy: weighted, targets: [a/x, b/x, c/x], sticky: {prefix: true}}]",
  });
  const homes = new Set<string | undefined>();
  for (let talk = 0; talk < 12; talk++) {
    const messages = [
      { role: "system", content: "You are brief." },
      { role: "user", content: `Question ${talk}` },
    ];
    let home: string | undefined;
    for (let turn = 0; turn < 4; turn++) {
      const { headers } = await fleet.answer(
        post({ model: "m", messages, stream: turn % 2 === 0 }),
      );
      const provider = headers.get("x-llm-proxy-provider");
      home ??= provider;
      assertEquals(provider, home, `turn ${turn} of talk ${talk}`);
      messages.push({ role: "assistant", content: "Yes." });
      messages.push({ role: "user", content: `And then? ${turn}` });
    }
    homes.add(home);
  }
  assertEquals(homes.size, 3);
});

Deno.test("A request that is silent too long is sent elsewhere too: the loser is cancelled, both are booked", async () => {
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
  const answer = chunk({ content: "hi" }, null) +
    chunk({}, "stop", { usage }) + "data: [DONE]\n\n";
  let isSilent = false;
  let silentAt = 0;
  let leftAt = 0;
  await using rig = await AccountsRig.start({
    answer: async ({ body, gone }) => {
      if (!isSilent || body.model !== "m") return eventStream(answer);
      silentAt = performance.now();
      await new Promise((resolve) => gone.addEventListener("abort", resolve));
      leftAt = performance.now();
      return new Response();
    },
    config: `routes:
  - match: x
    targets: [up/m, up/n]
    hedge: {min_samples: 5, min_delay: 0.1, max_share: 1, max_cost_share: 1}`,
  });
  for (let i = 0; i < 10; i++) {
    await (await rig.ask({ model: "x", stream: true })).text();
  }
  assertEquals(
    new Set(rig.upstream.asked.map(({ body }) => body.model)),
    new Set(["m"]),
  );
  isSilent = true;
  const response = await rig.ask({ model: "x", stream: true });
  const answeredAt = performance.now();
  assertEquals(response.headers.get("x-llm-proxy-attempts"), "2");
  assertEquals(response.headers.get("x-llm-proxy-model"), "n");
  assert((await response.text()).includes("hi"));
  await until(() => leftAt > 0, "the loser is left");
  tell(
    "Hedge",
    `a second call after ${
      Math.round(answeredAt - silentAt)
    } ms; the first was left ${
      Math.round(leftAt - answeredAt)
    } ms after the answer had begun`,
  );
  assertGreater(answeredAt - silentAt, 95);
  assertLessOrEqual(leftAt - answeredAt, 50 + STALL_MS);
  const row = (await rig.rows(11)).at(-1);
  const [loser, winner] = row?.attempts ?? [];
  assertEquals([loser?.model, winner?.model], ["m", "n"]);
  assertEquals(winner?.usage?.input, 11);
  assertEquals(winner?.cost, 78_000_000);
  assertEquals(
    [loser?.outcome, loser?.usage?.output, loser?.usage?.isEstimated],
    ["hedge_lost", 0, true],
  );
  assertEquals(row?.cost, (loser?.cost ?? NaN) + (winner?.cost ?? NaN));
});
