import { assert, assertEquals, assertRejects } from "@std/assert";
import { type AccessToken, AccessTokens } from "./access_tokens.ts";
import { UpstreamError } from "./errors.ts";

const HOUR = 3_600_000;

/** Tokens `t1`, `t2`, … of an hour, on a clock of the test's. */
function setUp(fetch?: (count: number) => Promise<AccessToken>) {
  const clock = { now: 0 };
  let count = 0;
  const tokens = new AccessTokens(() => {
    count++;
    return fetch?.(count) ?? Promise.resolve({
      token: `t${count}`,
      expiresAt: clock.now + HOUR,
    });
  }, { now: () => clock.now });
  const { signal } = new AbortController();
  return { clock, tokens, signal, count: () => count };
}

Deno.test("AccessTokens fetches once for all who wait, and keeps what came", async () => {
  const { tokens, signal, count } = setUp();
  const all = Array.from({ length: 20 }, () => tokens.get(signal));
  assertEquals(new Set(await Promise.all(all)), new Set(["t1"]));
  assertEquals([tokens.get(signal), count()], ["t1", 1]);
});

Deno.test("AccessTokens replaces a token before its end while it is in use, and waits behind it", async () => {
  const { clock, tokens, signal, count } = setUp();
  await tokens.get(signal);
  clock.now = HOUR - 4 * 60_000;
  assertEquals(tokens.get(signal), "t1");
  await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([tokens.get(signal), count()], ["t2", 2]);
  clock.now += HOUR;
  assertEquals(await tokens.get(signal), "t3");
});

Deno.test("AccessTokens keeps a token of which the replacement fails, up to its end", async () => {
  const { clock, tokens, signal } = setUp((count) =>
    count === 1
      ? Promise.resolve({ token: "t1", expiresAt: HOUR })
      : Promise.reject(new Error("down"))
  );
  await tokens.get(signal);
  clock.now = HOUR - 60_000;
  assertEquals(tokens.get(signal), "t1");
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(tokens.get(signal), "t1");
  clock.now = HOUR;
  await assertRejects(async () => await tokens.get(signal), UpstreamError);
});

Deno.test("AccessTokens tells a failure as the credential's, and asks no more than once a second", async () => {
  const { clock, tokens, signal, count } = setUp(() =>
    Promise.reject(new TypeError("secret-in-text"))
  );
  const error = await assertRejects(
    async () => await tokens.get(signal),
    UpstreamError,
  );
  assertEquals([error.kind, error.code], [
    "authentication",
    "upstream_token_failed",
  ]);
  assertEquals(error.cause, "TypeError");
  await assertRejects(async () => await tokens.get(signal), UpstreamError);
  assertEquals(count(), 1);
  clock.now += 1_001;
  await assertRejects(async () => await tokens.get(signal), UpstreamError);
  assertEquals(count(), 2);
});

Deno.test("S5: AccessTokens asks again after a failure though the clock was set back", async () => {
  const { tokens, signal, clock, count } = setUp(() =>
    Promise.reject(new TypeError("down"))
  );
  await assertRejects(async () => await tokens.get(signal), UpstreamError);
  clock.now -= HOUR;
  await assertRejects(async () => await tokens.get(signal), UpstreamError);
  assertEquals(count(), 2);
});

Deno.test("AccessTokens lets one who waits go without the others", async () => {
  const { promise, resolve } = Promise.withResolvers<AccessToken>();
  const { tokens, signal } = setUp(() => promise);
  const leaving = new AbortController();
  const left = assertRejects(async () => await tokens.get(leaving.signal));
  const kept = tokens.get(signal);
  leaving.abort(new Error("left"));
  await left;
  resolve({ token: "t", expiresAt: HOUR });
  assertEquals(await kept, "t");
});

Deno.test("AccessTokens throws a refused token away, but not one that came since", async () => {
  const { tokens, signal } = setUp();
  await tokens.get(signal);
  tokens.drop("t0");
  assertEquals(tokens.get(signal), "t1");
  tokens.drop("t1");
  assertEquals(await tokens.get(signal), "t2");
});

Deno.test("AccessTokens ends a fetch when it is closed", async () => {
  const tokens = new AccessTokens((signal) =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    )
  );
  const waiting = tokens.get(new AbortController().signal);
  tokens.close();
  const error = await assertRejects(async () => await waiting, UpstreamError);
  assert(error.cause !== undefined);
});
