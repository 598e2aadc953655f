// Providers that can't be reached, or say nothing: over sockets, with another
// deployment behind them and without.
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import type { TlsMaterial } from "@llm-proxy/api";
import { certificate } from "./_certificates.ts";
import { FailoverRig, PREFIXES } from "./_failover_rig.ts";
import type { FaultUpstream, Welcome } from "./_fault_upstream.ts";
import { healthy, silence } from "./_faults.ts";
import type { ConfigChange } from "./_gateway.ts";
import { areWithin, shown, STALL_MS, tell } from "./_measured.ts";
import { ask, type RawAnswer } from "./_raw_client.ts";
import { errorOf } from "./_rig.ts";
import { until } from "../logging/_test_wait.ts";

/** How soon after a hard failure the next deployment is asked, in ms. */
const FALLBACK_MS = 100;

/** Asserts that the second upstream answered, after one attempt at the first. */
function isFromSecond(answer: RawAnswer, what: string): void {
  assertEquals(answer.status, 200, what);
  assert(answer.complete && answer.body.includes("hello"), what);
  assertEquals(answer.headers.get("x-llm-proxy-provider"), "b", what);
  assertEquals(answer.headers.get("x-llm-proxy-attempts"), "2", what);
}

/** Asserts a plain error; tells its code. */
function isError(answer: RawAnswer, status: number, what: string): string {
  assertEquals(answer.status, status, what);
  assertEquals(answer.headers.get("content-type"), "application/json", what);
  const error = errorOf(answer.body);
  assertEquals(error?.request_id, answer.headers.get("x-request-id"), what);
  return String(error?.code);
}

/** Asks in both dialects, whole and streamed; tells how long it took until the second was asked. */
async function fallbacks(
  rig: FailoverRig,
  { name, rounds }: { readonly name: string; readonly rounds: number },
): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const prefix of PREFIXES) {
      const model = `${prefix}-${name}-${round}`;
      const start = performance.now();
      const answer = await rig.answer(ask(model, { stream: round % 2 === 0 }));
      isFromSecond(answer, model);
      times.push(rig.sole("second", model).at - start);
    }
  }
  return times;
}

Deno.test("U1: where connections are refused or reset the next deployment is tried at once, and 502 is told where there is none", async () => {
  const welcomes: Record<string, Welcome | "refuse"> = {
    refused: "refuse",
    "reset-on-accept": "reset",
    "closed-on-accept": "close",
  };
  for (const [name, welcome] of Object.entries(welcomes)) {
    await using rig = await FailoverRig.start();
    if (welcome === "refuse") await rig.first.refuse();
    else rig.first.welcome = welcome;
    const times = await fallbacks(rig, { name, rounds: 10 });
    tell("U1", `${name}: the next deployment asked after ${shown(times)}`);
    areWithin(times, FALLBACK_MS);
    for (const prefix of PREFIXES) {
      const answer = await rig.answer(ask(`${prefix}/${prefix}-alone`));
      assertMatch(
        isError(answer, 502, name),
        /^upstream_(connect_failed|reset)$/,
      );
    }
    assertEquals(rig.first.requests.length, 0);
    await rig.settled();
  }
});

Deno.test("U1: a provider that comes back is used again when its breaker next looks", async () => {
  const recovery = 0.3;
  const config =
    `circuit_breaker: {failure_threshold: 3, recovery_timeout: ${recovery}}`;
  await using rig = await FailoverRig.start({ config });
  const { first } = rig;
  await first.refuse();
  const outcomes: number[] = [];
  const asking = async (model: string, isBack: () => boolean) => {
    while (!isBack()) {
      const { status } = await rig.answer(ask(model));
      outcomes.push(status);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const back = (model: string) => () =>
    first.requests.some((request) => request.model === model);
  const work = Promise.all([
    asking("oa-back", back("oa-back")),
    asking("oa/oa-alone", back("oa-alone")),
  ]);
  await until(() => rig.breaker("oa/oa-back").includes("open"), "it opens");
  await until(() => rig.breaker("oa/oa-alone").includes("open"), "it opens");
  await first.accept();
  const at = performance.now();
  await work;
  const found = ["oa-back", "oa-alone"].map((model) =>
    (first.requests.find((it) => it.model === model)?.at ?? NaN) - at
  );
  tell(
    "U1",
    `used again ${
      found.map((ms) => `${Math.round(ms)} ms`).join(" and ")
    } after it came back, with another deployment and without (breaker: ${recovery} s)`,
  );
  assert(outcomes.every((status) => [200, 502, 503].includes(status)));
  // The open time doubles once where a probe came too early, and is jittered.
  for (const ms of found) assertLess(ms, recovery * 2_000 * 1.2 + STALL_MS);
  await until(
    () => rig.breaker("oa/oa-back").at(-1) === "closed",
    "the breaker closes",
  );
});

/** What stands for the platform's resolver, which tests must not ask. */
type Resolve = (hostname: string) => Promise<readonly string[]>;

function resolving(resolve: Resolve): ConfigChange {
  return (config) => ({
    ...config,
    providers: config.providers.map((provider) => {
      // What a provider's connections are made with goes to the client as it is.
      const tls = { ...provider.tls, resolve } as TlsMaterial;
      return provider.name === "b" ? provider : { ...provider, tls };
    }),
  });
}

Deno.test("U1: names that do not resolve, resolve late or lead elsewhere by now cost one attempt, and nothing is remembered of it", async () => {
  const connect = 0.3;
  let answers: () => Promise<readonly string[]>;
  const lateTimers: ReturnType<typeof setTimeout>[] = [];
  await using rig = await FailoverRig.start({
    config: `http_client: {connect_timeout: ${connect}}`,
    provider: "allow_private_addresses: true",
    firstUrl: ({ origin }) => origin.replace("127.0.0.1", "provider.test"),
    change: resolving(() => answers()),
  });
  const known = () => Promise.resolve(["127.0.0.1"]);
  const cases: Record<string, [answers: typeof known, target: number]> = {
    "no-such-name": [
      () => Promise.reject(new Error("getaddrinfo ENOTFOUND")),
      FALLBACK_MS,
    ],
    "no-address": [() => Promise.resolve([]), FALLBACK_MS],
    // The tests may not go there: that fails as a refusal does.
    "an-old-address": [() => Promise.resolve(["::1"]), FALLBACK_MS],
    "five-seconds-late": [
      () =>
        new Promise((resolve) => {
          lateTimers.push(setTimeout(() => resolve(["127.0.0.1"]), 5_000));
        }),
      connect * 1_000 + FALLBACK_MS,
    ],
  };
  for (const [name, [wrong, target]] of Object.entries(cases)) {
    answers = wrong;
    const times = await fallbacks(rig, { name, rounds: 2 });
    tell("U1", `${name}: the next deployment asked after ${shown(times)}`);
    areWithin(times, target);
    const alone = await rig.answer(ask(`oa/oa-${name}`));
    const late = name === "five-seconds-late";
    assertEquals(
      isError(alone, late ? 504 : 502, name),
      late
        ? "connect_timeout"
        : name === "an-old-address"
        ? "upstream_connect_failed"
        : "upstream_dns_failed",
    );
    answers = known;
    // The very next request finds it.
    for (const prefix of PREFIXES) {
      const { status, headers } = await rig.answer(ask(`${prefix}-${name}-0`));
      assertEquals(status, 200);
      assertEquals(headers.get("x-llm-proxy-provider"), prefix, name);
    }
    await rig.first.refuse();
    await rig.first.accept();
  }
  for (const timer of lateTimers) clearTimeout(timer);
  await rig.settled();
});

/** Servers that no secure connection can be made to. */
const INSECURE: Record<string, {
  readonly tls?: ReturnType<typeof certificate>;
  readonly trust?: string;
  readonly welcome?: Welcome;
  readonly slow?: true;
}> = {
  expired: { tls: certificate("expired"), trust: "tls_cert_expired.pem" },
  "wrong-name": {
    tls: certificate("other_name"),
    trust: "tls_cert_other_name.pem",
  },
  "self-signed": { tls: certificate("valid") },
  "plain-and-silent": { welcome: "silence", slow: true },
  "plain-http": {
    welcome: (socket) => {
      socket.on("error", () => socket.destroy());
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    },
  },
};

function pemFile(name: string): string {
  return new URL(`../core/testdata/${name}`, import.meta.url).pathname;
}

Deno.test("U2: a provider that can't prove who it is fails closed, in time, and is never asked without TLS", async () => {
  const connect = 0.3;
  const rounds = 2;
  for (
    const [name, { tls, trust, welcome, slow }] of Object.entries(INSECURE)
  ) {
    await using rig = await FailoverRig.start({
      config: `http_client: {connect_timeout: ${connect}}`,
      ...(trust && { provider: `ca_file: "${pemFile(trust)}"` }),
      ...(tls && { first: { tls } }),
      firstUrl: ({ origin }) => origin.replace("http:", "https:"),
    });
    if (welcome !== undefined) rig.first.welcome = welcome;
    const times = await fallbacks(rig, { name, rounds });
    const target = slow ? connect * 1_000 + FALLBACK_MS : FALLBACK_MS;
    tell("U2", `${name}: given up after ${shown(times)}`);
    areWithin(times, target);
    const answer = await rig.answer(ask("oa/oa-alone"));
    assertEquals(
      isError(answer, slow ? 504 : 502, name),
      slow ? "connect_timeout" : "upstream_tls_failed",
    );
    assertEquals(rig.first.requests.length, 0, name);
    isNeverPlain(rig.first, name);
    // None was made a second time, as by a retry without TLS.
    assertEquals(rig.first.dialled, 2 * rounds + 1, name);
    await rig.settled();
  }
  await using rig = await FailoverRig.start({
    provider: `ca_file: "${pemFile("tls_cert.pem")}"`,
    first: { tls: certificate("valid") },
  });
  const { headers } = await rig.answer(ask("oa-valid"));
  assertEquals(headers.get("x-llm-proxy-provider"), "oa");
});

/** Asserts that nothing but TLS was said; where there is TLS, nothing within it. */
function isNeverPlain({ connections }: FaultUpstream, what: string): void {
  for (const { firstBytes } of connections) {
    assert(firstBytes === "" || firstBytes.startsWith("\x16\x03"), what);
    assert(!/POST|Bearer|sk-key|x-api-key/i.test(firstBytes), what);
  }
}

Deno.test("U3: silence before the headers ends with the first-byte timer, the connection is closed, and the next deployment answers", async () => {
  const limit = 300;
  await using rig = await FailoverRig.start({
    config: `http_client: {header_timeout: ${limit / 1_000}}`,
    first: { usual: silence("before_headers") },
  });
  const rounds = 10;
  const models = Array.from(
    { length: rounds },
    (_, i) => PREFIXES.map((prefix) => `${prefix}-silent-${i}`),
  ).flat();
  // Not all at once, so that what is measured is the timer and no crowd.
  const answers = await Promise.all(models.map(async (model, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 15));
    return await rig.answer(ask(model));
  }));
  const errors: number[] = [];
  const closing: number[] = [];
  for (const [i, model] of models.entries()) {
    isFromSecond(answers[i]!, model);
    const first = rig.sole("first", model);
    const second = rig.sole("second", model);
    await until(() => first.leftAt !== undefined, "the gateway leaves");
    errors.push(second.at - first.at - limit);
    closing.push(first.leftAt! - second.at);
  }
  tell("U3", `timer off by ${shown(errors)}`);
  tell("U3", `the silent connection closed ${shown(closing)} after that`);
  assert(errors.every((ms) => ms > -10), "no timer may fire early");
  areWithin(errors, 100);
  areWithin(closing, 50);
  for (const prefix of PREFIXES) {
    const start = performance.now();
    const answer = await rig.answer(ask(`${prefix}/${prefix}-alone`));
    const ms = performance.now() - start;
    assertEquals(isError(answer, 504, prefix), "headers_timeout");
    areWithin([ms - limit], 100);
  }
  await until(() => rig.first.open === 0, "all of them closed");
  await rig.settled();
});

Deno.test("U3: a whole answer is waited for until the timeout of the attempt, then it is a 504 and the connection is closed", async () => {
  const limit = 300;
  await using rig = await FailoverRig.start({
    provider: `timeout: ${limit / 1_000}`,
    first: { usual: silence("before_headers") },
  });
  const models = Array.from({ length: 10 }, (_, i) => `oa-silent-${i}`);
  const times = await Promise.all(models.map(async (model, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 15));
    const answer = await rig.answer(ask(`oa/${model}`, { stream: false }));
    const at = performance.now();
    assertEquals(isError(answer, 504, model), "total_timeout");
    const request = rig.sole("first", model);
    await until(() => request.leftAt !== undefined, "the gateway leaves");
    return { late: at - request.at - limit, closing: request.leftAt! - at };
  }));
  const late = times.map((it) => it.late);
  const closing = times.map((it) => it.closing);
  tell("U3", `whole: timer off by ${shown(late)}, closed ${shown(closing)}`);
  areWithin(late, 100);
  areWithin(closing, 50);
  rig.first.usual = healthy();
  await rig.settled();
});
