// Hundreds of clients at a gateway in a process of its own: those that hold
// their connections and say little, and those that say what costs most to read.
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { shown, tell } from "./_measured.ts";
import { MeasuredGateway } from "./_measured_gateway.ts";
import { post, RawClient } from "./_raw_client.ts";
import { errorOf, soon } from "./_rig.ts";

const MOCK = "providers: [{type: mock}]\n";
const MB = 1024 * 1024;
const HEALTH = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
const CHAT = post({
  model: "mock/echo",
  messages: [{ role: "user", content: "hi" }],
});

/** Clients that are let go at the end, whatever comes. */
class Crowd implements Disposable {
  readonly clients: RawClient[] = [];

  constructor(readonly url: string) {}

  /** So many connections, fifty at a time. */
  async join(count: number, first = ""): Promise<RawClient[]> {
    const joined: RawClient[] = [];
    while (joined.length < count) {
      const some = await Promise.all(
        Array.from(
          { length: Math.min(50, count - joined.length) },
          () => RawClient.connect(this.url),
        ),
      );
      this.clients.push(...some);
      joined.push(...some);
      if (first !== "") await Promise.all(some.map((it) => it.send(first)));
    }
    return joined;
  }

  /** Asks for an answer again and again, until told to stop; gives how long each took. */
  async healthy(isOver: () => boolean): Promise<number[]> {
    const times: number[] = [];
    while (!isOver()) {
      const at = performance.now();
      const [answer] = await RawClient.exchange(this.url, CHAT, { answers: 1 });
      assertEquals(answer?.status, 200);
      times.push(performance.now() - at);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return times;
  }

  [Symbol.dispose](): void {
    for (const client of this.clients) client.leave();
  }
}

Deno.test("C8: 500 connections that say nothing, half a head or half a body are all cut in time, and nobody else notices", async () => {
  await using gateway = await MeasuredGateway.start(
    `${MOCK}server: {header_timeout: 1, body_timeout: 1, keep_alive_timeout: 1}\n`,
  );
  using crowd = new Crowd(gateway.url);
  let isOver = false;
  const healthy = crowd.healthy(() => isOver);
  const half = CHAT.slice(0, -10);
  const kinds = ["", "GET /hea", "GET / HTTP/1.1\r\nhost: a\r\n", half, HEALTH];
  const slow = (await Promise.all(kinds.map((it) => crowd.join(100, it))))
    .flat();
  assertEquals(slow.length, 500);
  await soon(Promise.all(slow.map(({ closed }) => closed)), "the last one cut");
  isOver = true;
  const times = await healthy;
  tell("C8", `500 cut; a healthy client meanwhile: ${shown(times)}`);
  assert(times.length > 5);
});

Deno.test("C9: 2,000 idle connections, and 1,000 that come and go, cost no more memory than planned for", async () => {
  await using gateway = await MeasuredGateway.start(MOCK);
  using crowd = new Crowd(gateway.url);
  let asked = 0;
  // What every process loads at its first requests is no cost of these.
  await crowd.healthy(() => ++asked > 10);
  const before = (await gateway.taken()).rss;
  const idle = await crowd.join(2_000);
  let isOver = false;
  const healthy = crowd.healthy(() => isOver);
  for (let round = 0; round < 10; round++) {
    using guests = new Crowd(gateway.url);
    const some = await guests.join(100, HEALTH);
    for (const guest of some) {
      assertEquals((await guest.answers(1))[0]?.status, 200);
    }
  }
  isOver = true;
  const times = await healthy;
  const grown = ((await gateway.taken()).rss - before) / MB;
  tell("C9", `${Math.round(grown)} MB; a healthy client: ${shown(times)}`);
  assertEquals(idle.filter(({ ended }) => ended).length, 0);
  // 25 KB each, and as much again for what a collection would give back.
  assertLessOrEqual(grown, 100);
});

Deno.test("C6: ten megabytes of brackets, of keys and of numbers hold nobody up, and are told apart", async () => {
  await using gateway = await MeasuredGateway.start(
    `${MOCK}server: {max_body_mb: 16}\n`,
  );
  using crowd = new Crowd(gateway.url);
  let isOver = false;
  const healthy = crowd.healthy(() => isOver);
  const wrap = (value: string): string =>
    post(
      `{"model":"mock/echo","messages":[{"role":"user","content":"hi"}],"x":${value}}`,
    );
  const keys = Array.from({ length: 1_000_000 }, (_, n) => `"${n}":0`);
  const bodies: readonly (readonly [string, string, number])[] = [
    ["brackets", wrap("[".repeat(5_000_000) + "]".repeat(5_000_000)), 400],
    ["keys", wrap(`{${keys.join()}}`), 400],
    ["numbers", wrap(`[${"0,".repeat(1_000_000)}0]`), 200],
  ];
  for (const [name, request, status] of bodies) {
    const [answer] = await RawClient.exchange(gateway.url, request, {
      answers: 1,
    });
    assertEquals(answer?.status, status, name);
    if (status === 400) {
      assertEquals(errorOf(answer?.body ?? "")?.code, "invalid_json");
    }
  }
  isOver = true;
  const { held } = await gateway.taken();
  tell(
    "C6",
    `held up ${Math.round(held)} ms at most; a healthy client: ${
      shown(await healthy)
    }`,
  );
});
