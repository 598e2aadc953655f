import type { AnswerEvent } from "@llm-proxy/core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AnswerFlight, type HeldEvents } from "./answer_flight.ts";

const SOURCE = { provider: "up", model: "m" };

function held(max = 1_000_000): HeldEvents {
  return { size: 0, max };
}

function words(...texts: readonly string[]): AnswerEvent[] {
  return texts.map((text) => ({ type: "part_delta", part: 0, text }));
}

const START: readonly AnswerEvent[] = [
  { type: "start", id: "1", model: "m" },
  { type: "part_start", part: 0, kind: "text" },
];
const END: readonly AnswerEvent[] = [
  { type: "part_end", part: 0 },
  { type: "finish", finish: "stop" },
];

/** What a follower has been told, and how it ended. */
class Follower {
  text = "";
  readonly done: Promise<void>;

  constructor(flight: AnswerFlight, signal: AbortSignal) {
    this.done = this.#read(flight, signal);
  }

  async #read(flight: AnswerFlight, signal: AbortSignal): Promise<void> {
    for await (const events of flight.follow(signal)) {
      for (const event of events) {
        if (event.type === "part_delta") this.text += event.text;
      }
    }
  }
}

function follow(
  flight: AnswerFlight,
  signal = new AbortController().signal,
): Follower {
  return new Follower(flight, signal);
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

Deno.test("AnswerFlight tells everybody the same, whenever they come", async () => {
  const all = held();
  const flight = new AnswerFlight(all);
  const early = follow(flight);
  flight.begin(SOURCE);
  flight.push(START);
  flight.push(words("a"));
  await soon();
  const late = follow(flight);
  flight.push(words("b", "c"));
  flight.push(END);
  const kept = flight.end();
  await Promise.all([early.done, late.done]);
  assertEquals([early.text, late.text], ["abc", "abc"]);
  assertEquals(kept?.answer.parts, [{ type: "text", text: "abc" }]);
  assertEquals([kept?.provider, kept?.model], ["up", "m"]);
  flight.close();
  assertEquals(all.size, 0);
});

Deno.test("AnswerFlight is aborted when the first has left and nobody follows", async () => {
  const flight = new AnswerFlight(held());
  const controller = new AbortController();
  const follower = follow(flight, controller.signal);
  await soon();
  flight.leave(new Error("I left"));
  assertEquals(flight.signal.aborted, false);
  controller.abort(new Error("So did I"));
  await assertRejects(() => follower.done, Error, "So did I");
  assertEquals(flight.signal.aborted, true);
  assertEquals(flight.canJoin, false);
  const alone = new AnswerFlight(held());
  alone.leave(new Error("I left"));
  assertEquals(alone.signal.aborted, true);
});

Deno.test("AnswerFlight holds no more than it may, and leaves who is too slow", async () => {
  const all = held(10_000);
  const flight = new AnswerFlight(all);
  flight.begin(SOURCE);
  flight.push(START);
  const events = flight.follow(new AbortController().signal);
  await events.next();
  for (let i = 0; i < 100; i++) {
    flight.push(words("x".repeat(500)));
    assert(all.size <= 10_000);
  }
  assertEquals(flight.canJoin, false);
  await assertRejects(() => events.next(), Error, "stopped reading");
  flight.push(END);
  assertEquals(flight.end(), undefined);
  flight.close();
  assertEquals(all.size, 0);
});

Deno.test("AnswerFlight keeps nothing that was lost in part, broke off or never came", async () => {
  const lossy = new AnswerFlight(held());
  lossy.begin(SOURCE);
  lossy.push([...START, ...END]);
  lossy.lose();
  assertEquals(lossy.end(), undefined);

  const broken = new AnswerFlight(held());
  const follower = follow(broken);
  broken.begin(SOURCE);
  broken.push(START);
  await soon();
  // Another deployment goes on with it.
  broken.begin(SOURCE);
  await assertRejects(() => follower.done, Error, "broke off");
  broken.push(END);
  assertEquals(broken.end(), undefined);

  const empty = new AnswerFlight(held());
  const waiting = follow(empty);
  await soon();
  assertEquals(empty.end(), undefined);
  await assertRejects(() => waiting.done, Error, "could not be read");
});
