import { assert, assertEquals } from "@std/assert";
import { GatewayError, UpstreamError } from "../errors.ts";
import { parseLimit } from "../rate_limit.ts";
import { ProviderLimits } from "./provider_limits.ts";
import { type ShadowCopy, Shadows } from "./shadows.ts";
import { testCandidate } from "./_test_routing.ts";

const candidate = testCandidate("a/x");

/** Lets what is due run. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("Shadows.send() makes so many copies at a time, and further ones when there is room", async () => {
  const shadows = new Shadows({ maxConcurrent: 2 });
  const gates: PromiseWithResolvers<void>[] = [];
  const work = (): Promise<void> => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    return gate.promise;
  };
  const send = (): boolean => shadows.send(candidate, { request: {}, work });
  assertEquals([send(), send(), send()], [true, true, false]);
  assertEquals([shadows.active, gates.length], [2, 2]);
  gates[0]?.resolve();
  await settled();
  assertEquals([shadows.active, send(), send()], [1, true, false]);
  for (const gate of gates) gate.reject(new Error("It failed"));
  await settled();
  assertEquals(shadows.active, 0);
});

Deno.test("Shadows counts how deployments do apart", async () => {
  let time = 0;
  const shadows = new Shadows({ now: () => time });
  const state = shadows.states.of(candidate.deployment);
  const send = (work: (copy: ShadowCopy) => void): Promise<void> => {
    assert(shadows.send(candidate, {
      request: {},
      work: (copy) => Promise.resolve(work(copy)),
    }));
    return settled();
  };
  await send((copy) => {
    time += 300;
    copy.firstToken();
  });
  assertEquals([state.streamed.average(time), state.failures], [300, 0]);
  const code = "c";
  await send(() => {
    throw new UpstreamError("upstream", "It failed", { code });
  });
  assertEquals(state.failures, 1);
  // Of the copy's own making.
  await send(() => {
    throw new GatewayError("invalid_request", "It can't be carried", { code });
  });
  assertEquals([state.failures, state.inFlight, state.attempts], [1, 0, 3]);
});

Deno.test("Shadows bounds the time of a copy", () => {
  const shadows = new Shadows({ maxMs: 50 });
  let total = 0;
  shadows.send(candidate, {
    request: {},
    work: ({ limits }) => {
      total = limits.total;
      return Promise.resolve();
    },
  });
  assertEquals(total, 50);
});

Deno.test("Shadows takes from the limits of the account, and settles with what was used", async () => {
  const limits = new ProviderLimits(
    new Map([["a", [parseLimit("100 tokens/hour")]]]),
    { now: () => 0 },
  );
  const shadows = new Shadows({ limits });
  const send = (used?: number): boolean =>
    shadows.send(candidate, {
      request: { inputTokens: 60 },
      work: (copy) => {
        if (used !== undefined) copy.used(used);
        return Promise.resolve();
      },
    });
  assert(send(10));
  await settled();
  assert(send());
  await settled();
  // 10 and 60 are used: another 60 have no room.
  assertEquals(send(), false);
  // A smaller one would have.
  assertEquals(limits.isAvailable(candidate.deployment), true);
});

Deno.test("Shadows.close() gives up copies under way and makes no more", async () => {
  const shadows = new Shadows();
  let reason: unknown;
  const work = ({ signal }: ShadowCopy): Promise<void> =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        reason = signal.reason;
        reject(signal.reason);
      })
    );
  assert(shadows.send(candidate, { request: {}, work }));
  shadows.close();
  await settled();
  assertEquals([shadows.active, (reason as GatewayError).code], [
    0,
    "shadow_cancelled",
  ]);
  assertEquals(shadows.states.of(candidate.deployment).failures, 0);
  assertEquals(shadows.send(candidate, { request: {}, work }), false);
});
