import { assert, assertEquals, assertThrows } from "@std/assert";
import { readText, send } from "./_test_http.ts";
import { Chaos } from "./chaos.ts";
import type { ChaosFault, ChaosMatch } from "./chaos_fault.ts";
import { ChaosTransport } from "./chaos_transport.ts";
import type { Provider } from "./provider.ts";
import { ProviderFactory } from "./provider_factory.ts";

const factory = new ProviderFactory();
const mock = factory.create({ name: "mock", type: "mock" });
const other = factory.create({ name: "other", type: "mock" });

/** Gives these numbers, then fails the test. */
function numbers(...values: number[]): () => number {
  return () => {
    const value = values.shift();
    assert(value !== undefined, "More randomness was used than expected");
    return value;
  };
}

function strikes(chaos: Chaos): number[] {
  return chaos.counts().map(({ strikes }) => strikes);
}

Deno.test("Chaos.provider() strikes with the fault's probability", () => {
  const faults = [{ type: "error", probability: 0.25 }] as const;
  const chaos = new Chaos({ faults, random: numbers(0.25, 0.2499, 0.9, 0) });
  const struck = [1, 2, 3, 4].map(() => chaos.provider(mock) !== mock);
  assertEquals(struck, [false, true, false, true]);
  assertEquals(strikes(chaos), [2]);
});

Deno.test("Chaos.provider() never strikes at probability 0 and always at 1", () => {
  const faults: ChaosFault[] = [
    { type: "error", probability: 0 },
    { type: "timeout", probability: 1 },
  ];
  const chaos = new Chaos({ faults });
  for (let i = 0; i < 200; i++) assert(chaos.provider(mock) !== mock);
  assertEquals(strikes(chaos), [0, 200]);
});

Deno.test("Chaos.provider() uses the first fault that strikes, and asks no chance where none is meant", () => {
  const faults: ChaosFault[] = [
    { type: "error", probability: 0.5, match: { provider: "other" } },
    { type: "delay", probability: 0.5, delayMs: 1 },
    { type: "timeout", probability: 0.5 },
  ];
  const chaos = new Chaos({ faults, random: numbers(0.4, 0.6, 0.4, 0.1) });
  assert(chaos.provider(mock) !== mock);
  assertEquals(strikes(chaos), [0, 1, 0]);
  assert(chaos.provider(mock) !== mock);
  assertEquals(strikes(chaos), [0, 1, 1]);
  assert(chaos.provider(other) !== other);
  assertEquals(strikes(chaos), [1, 1, 1]);
});

Deno.test("Chaos.provider() strikes only where every key of the match equals", () => {
  const route = "/v1/embeddings";
  const isStruck = (match: ChaosMatch): boolean => {
    const faults = [{ type: "error", probability: 1, match }] as const;
    const attempt = { model: "echo", route };
    return new Chaos({ faults }).provider(mock, attempt) !== mock;
  };
  assert(isStruck({}));
  assert(isStruck({ provider: "mock", model: "echo", route }));
  assert(isStruck({ provider: undefined, model: "echo" }));
  assert(!isStruck({ provider: "other", model: "echo", route }));
  assert(!isStruck({ provider: "mock", model: "ech", route }));
  assert(!isStruck({ provider: "mock", model: "echo", route: "/v1" }));
  const nameless = new Chaos({
    faults: [{ type: "error", probability: 1, match: { model: "echo" } }],
  });
  assert(nameless.provider(mock) === mock);
});

Deno.test("Chaos.provider() gives a copy that differs in nothing but its transport", async () => {
  const faults = [{ type: "error", probability: 1, status: 503 }] as const;
  const struck: Provider = new Chaos({ faults }).provider(mock);
  assert(struck.transport instanceof ChaosTransport);
  assertEquals({ ...struck, transport: mock.transport }, { ...mock });
  const { status, body } = await send(struck.transport, mock.baseUrl);
  assertEquals(status, 503);
  await readText(body);
});

Deno.test("Chaos() refuses faults that make no sense, saying which", () => {
  const make = (fault: Partial<ChaosFault>) => () =>
    new Chaos({
      faults: [
        { type: "error", probability: 0 },
        { type: "error", probability: 1, ...fault } as ChaosFault,
      ],
    });
  assertThrows(
    make({ type: "constructor" as "error" }),
    TypeError,
    "'faults[1].type' of 'constructor'",
  );
  const bad: [Partial<ChaosFault>, string][] = [
    [{ probability: 1.1 }, "faults[1].probability"],
    [{ probability: NaN }, "faults[1].probability"],
    [{ type: "delay" }, "faults[1].delayMs"],
    [{ type: "timeout", delayMs: -1 }, "faults[1].delayMs"],
    [{ status: 200 }, "faults[1].status"],
    [{ status: 429.5 }, "faults[1].status"],
    [{ retryAfter: -1 }, "faults[1].retryAfter"],
    [{ afterEvents: -1 }, "faults[1].afterEvents"],
    [{ afterBytes: 0.5 }, "faults[1].afterBytes"],
  ];
  for (const [fault, place] of bad) {
    assertThrows(make(fault), RangeError, place);
  }
});
