import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DeploymentState } from "./deployment_state.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { LatencyHistogram } from "./_latency_histogram.ts";
import { testDeployment } from "./_test_routing.ts";

Deno.test("L9: an attempt that is ended in every way at once leaves one place, once", () => {
  const ways = ["firstToken", "succeeded", "failed", "release"] as const;
  fc.assert(fc.property(
    fc.array(fc.array(fc.constantFrom(...ways), { maxLength: 6 })),
    (attempts) => {
      const state = new DeploymentState(() => 0);
      for (const [index, calls] of attempts.entries()) {
        {
          using flight = state.start();
          assertEquals(state.inFlight, 1);
          for (const call of calls) flight[call]();
        }
        assertEquals(state.inFlight, 0);
        assertEquals(state.attempts, index + 1);
      }
      const ends = attempts.map((calls) =>
        calls.find((it) => it !== "firstToken")
      );
      assertEquals(
        state.failures,
        ends.filter((end) => end === "failed").length,
      );
    },
  ));
});

Deno.test("DeploymentState counts failures since one went well", () => {
  const state = new DeploymentState(() => 0);
  state.start().failed();
  state.start().failed();
  state.start().release();
  assertEquals([state.failures, state.failuresInARow], [2, 2]);
  state.start().succeeded();
  assertEquals([state.failures, state.failuresInARow], [2, 0]);
});

/** A state, and one first token after that time at that time. */
function measured(): {
  readonly state: DeploymentState;
  readonly add: (at: number, ms: number) => void;
} {
  let time = 0;
  const state = new DeploymentState(() => time);
  const add = (at: number, ms: number): void => {
    time = at - ms;
    const flight = state.start();
    time = at;
    flight.firstToken();
    flight.succeeded();
  };
  return { state, add };
}

Deno.test("LatencyView.average() follows what is measured", () => {
  const { state, add } = measured();
  assertEquals(state.streamed.average(0), undefined);
  add(1_000, 100);
  assertEquals(state.streamed.average(1_000), 100);
  for (let at = 2_000; at < 120_000; at += 1_000) add(at, 900);
  const now = state.streamed.average(119_000) ?? 0;
  assert(now > 850 && now <= 900, `${now}`);
});

Deno.test("LatencyView.average() counts samples of one moment too", () => {
  const { state, add } = measured();
  add(1_000, 100);
  for (let count = 0; count < 50; count++) add(1_000, 500);
  assert((state.streamed.average(1_000) ?? 0) > 450);
});

Deno.test("LatencyView.average() fades, so that what was slow is tried again", () => {
  const { state, add } = measured();
  add(1_000, 800);
  assertEquals(state.streamed.average(61_000), 400);
  assertEquals(state.streamed.average(121_000), 200);
});

Deno.test("LatencyView.quantile() is exact to a quarter", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 8, max: 200_000 }), {
      minLength: 20,
      maxLength: 400,
    }),
    (times) => {
      const histogram = new LatencyHistogram();
      for (const time of times) histogram.add(time);
      const sorted = times.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0;
      const got = histogram.quantile(0.95) ?? 0;
      assert(got >= exact / 1.26 && got <= exact * 1.26, `${got} ${exact}`);
    },
  ));
});

Deno.test("LatencyView.quantile() forgets what is old", () => {
  const histogram = new LatencyHistogram();
  for (let count = 0; count < 500; count++) histogram.add(10_000);
  for (let count = 0; count < 5_000; count++) histogram.add(100);
  assert((histogram.quantile(0.95) ?? Infinity) < 150);
  assert(histogram.count <= 512);
});

Deno.test("LatencyView.quantile() keeps a thin tail when counts are halved", () => {
  const histogram = new LatencyHistogram();
  for (let round = 0; round < 200; round++) {
    for (let count = 0; count < 19; count++) histogram.add(100);
    histogram.add(1_000 + round * 40);
  }
  assert((histogram.quantile(0.97) ?? 0) > 1_000);
});

Deno.test("LatencyHistogram passes over what is no time", () => {
  const histogram = new LatencyHistogram();
  for (const odd of [NaN, -1, -Infinity]) histogram.add(odd);
  assertEquals(histogram.count, 0);
  assertEquals(histogram.quantile(0.95), undefined);
  histogram.add(Infinity);
  histogram.add(0);
  assertEquals(histogram.count, 2);
});

Deno.test("DeploymentStates.of() gives the same state to the same id after a reload", () => {
  const states = new DeploymentStates();
  states.of(testDeployment("openai/gpt-5")).start().failed();
  assertEquals(states.of(testDeployment("openai/gpt-5")).failures, 1);
  assertEquals(states.of(testDeployment("openai/gpt-4")).failures, 0);
});

Deno.test("DeploymentStates.retain() forgets all but those", () => {
  const states = new DeploymentStates();
  const kept = testDeployment("a/m");
  states.of(kept).start().failed();
  states.of(testDeployment("b/m"));
  states.retain([kept]);
  assertEquals([states.size, states.of(kept).failures], [1, 1]);
});

Deno.test("DeploymentStates keeps the config's deployments, however many models callers make up", () => {
  const states = new DeploymentStates({ capacity: 10 });
  const known = testDeployment("a/m");
  states.of(known).start().failed();
  const open = { ...testDeployment("a/busy"), adHoc: true };
  const flight = states.of(open).start();
  for (let i = 0; i < 1_000; i++) {
    states.of({ ...testDeployment("a/m"), id: `a/made-up-${i}`, adHoc: true });
  }
  assertEquals(states.of(known).failures, 1);
  assertEquals(states.of(open).inFlight, 1);
  assertEquals(states.size <= 11, true);
  flight.release();
});

Deno.test("DeploymentState keeps whole answers apart from the first tokens of streams", () => {
  let time = 0;
  const state = new DeploymentState(() => time);
  for (const [kind, ms] of [["streamed", 200], ["whole", 9_000]] as const) {
    const flight = state.start(undefined, kind);
    time += ms;
    flight.firstToken();
    flight.succeeded();
  }
  assertEquals(state.streamed.quantile(1)! < 300, true);
  assertEquals(state.whole.quantile(1)! > 8_000, true);
  assertEquals(state.whole.average(time), 9_000);
  assertEquals([state.streamed.samples, state.whole.samples], [1, 1]);
});
