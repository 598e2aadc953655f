import { assert, assertEquals, assertThrows } from "@std/assert";
import { classifyFailure, type FailureClass } from "./failure_class.ts";
import { UpstreamError } from "./errors.ts";
import type { Provider } from "./provider.ts";
import { ProviderFactory } from "./provider_factory.ts";
import {
  ProviderHealth,
  type ProviderHealthOptions,
  type ProviderHealthReading,
} from "./provider_health.ts";

const factory = new ProviderFactory();

function provider(name = "p"): Provider {
  return factory.create({ name, type: "mock" });
}

/** A health of one provider on a clock that stands still unless it is set. */
function start(options: ProviderHealthOptions = {}): {
  readonly health: ProviderHealth;
  readonly p: Provider;
  readonly time: { now: number };
  readonly fail: (failureClass: FailureClass, times?: number) => void;
  readonly succeed: (times?: number) => void;
  readonly read: () => ProviderHealthReading;
} {
  const time = { now: 1_000_000 };
  const health = new ProviderHealth({ now: () => time.now, ...options });
  const p = provider();
  health.watch([p]);
  return {
    health,
    p,
    time,
    fail: (failureClass, times = 1) => {
      for (let i = 0; i < times; i++) {
        health.failed(p, { failureClass, code: "c" });
      }
    },
    succeed: (times = 1) => {
      for (let i = 0; i < times; i++) health.succeeded(p);
    },
    read: () => {
      const reading = health.read(p);
      assert(reading !== undefined);
      return reading;
    },
  };
}

Deno.test("ProviderHealth begins healthy, with nothing known", () => {
  assertEquals(start().read(), {
    provider: "p",
    status: "healthy",
    sample: 0,
    errorShare: 0,
    faultsInARow: 0,
    lastSuccessAgo: undefined,
    lastFailure: undefined,
    lastCheck: undefined,
  });
});

Deno.test("ProviderHealth goes by what came last while there is little traffic", () => {
  const { fail, succeed, read } = start();
  fail("fault");
  assertEquals(read().status, "degraded");
  fail("fault");
  assertEquals(read().status, "degraded");
  fail("fault");
  assertEquals([read().status, read().faultsInARow], ["unhealthy", 3]);
  succeed();
  assertEquals([read().status, read().faultsInARow], ["healthy", 0]);
});

Deno.test("ProviderHealth goes by shares once there is enough traffic", () => {
  const { fail, succeed, read } = start({ minimum: 20 });
  succeed(19);
  fail("fault");
  // A single error of twenty is half of what degrades.
  assertEquals([read().status, read().errorShare], ["healthy", 0.05]);
  fail("fault", 2);
  assertEquals(read().status, "degraded");
  fail("fault", 16);
  assertEquals([read().sample, read().status], [38, "unhealthy"]);
});

Deno.test("ProviderHealth leaves a status at half the share at which it was entered", () => {
  const { fail, succeed, read } = start();
  succeed(10);
  fail("fault", 10);
  assertEquals(read().status, "unhealthy");
  succeed(20);
  assertEquals([read().status, read().errorShare], ["unhealthy", 0.25]);
  succeed(1);
  assertEquals(read().status, "degraded");
  succeed(159);
  assertEquals([read().status, read().errorShare], ["degraded", 0.05]);
  succeed(1);
  assertEquals(read().status, "healthy");
});

Deno.test("ProviderHealth lets errors slide out of the window, without further news too", () => {
  const { fail, succeed, read, time } = start();
  succeed(5);
  fail("fault", 15);
  assertEquals(read().status, "unhealthy");
  time.now += 55_000;
  assertEquals([read().status, read().sample], ["unhealthy", 20]);
  time.now += 6_000;
  // The latest outcomes were faults, and there is nothing newer.
  assertEquals([read().status, read().sample, read().errorShare], [
    "unhealthy",
    0,
    0,
  ]);
  succeed();
  assertEquals(read().status, "healthy");
});

Deno.test("U19: ProviderHealth takes nobody for dead for good", () => {
  const { fail, read, time } = start();
  fail("fault", 3);
  time.now += 600_000;
  assertEquals(read().status, "unhealthy");
  time.now += 1;
  assertEquals(read().status, "healthy");
});

Deno.test("U18: ProviderHealth counts nothing of a caller's or the gateway's making, and takes throttling and refused keys for degraded at most", () => {
  const { fail, succeed, read } = start();
  fail("caller", 100);
  fail("gateway", 100);
  assertEquals([read().status, read().sample], ["healthy", 0]);
  assertEquals(read().lastFailure, undefined);
  for (const failureClass of ["throttled", "credential"] as const) {
    fail(failureClass, 100);
    assertEquals(read().status, "degraded", failureClass);
    assertEquals(read().faultsInARow, 0);
  }
  assertEquals(read().errorShare, 1);
  succeed(1_900);
  assertEquals([read().status, read().errorShare], ["degraded", 200 / 2_100]);
});

Deno.test("ProviderHealth.checked() takes a refused key for a fault, and notes the check", () => {
  const { health, p, read, time } = start();
  const refused = {
    failureClass: "credential",
    code: "upstream_status_401",
  } as const;
  for (let i = 0; i < 3; i++) health.checked(p, refused);
  time.now += 50;
  assertEquals(read().status, "unhealthy");
  assertEquals(read().lastCheck, { ok: false, ago: 50 });
  assertEquals(read().lastFailure, { ...refused, ago: 50 });
  health.checked(p, { failureClass: "gateway", code: "queue" });
  assertEquals(read().lastCheck, { ok: false, ago: 50 });
  health.checked(p);
  assertEquals(read().lastCheck, { ok: true, ago: 0 });
  assertEquals([read().status, read().lastSuccessAgo], ["healthy", 0]);
});

Deno.test("ProviderHealth.read() tells when the last success and the last failure were", () => {
  const { health, p, read, time } = start();
  health.succeeded(p);
  time.now += 10;
  const error = new UpstreamError("upstream", "Broken", {
    code: "upstream_reset",
  });
  health.failed(p, { failureClass: classifyFailure(error), code: error.code });
  time.now += 5;
  const { lastSuccessAgo, lastFailure } = read();
  assertEquals(lastSuccessAgo, 15);
  assertEquals(lastFailure, {
    failureClass: "fault",
    code: "upstream_reset",
    ago: 5,
  });
});

Deno.test("ProviderHealth.watch() keeps what it knows of a provider that stays, and forgets the others", () => {
  const health = new ProviderHealth();
  const [stays, goes] = [provider("stays"), provider("goes")];
  health.watch([stays, goes]);
  const failure = { failureClass: "fault", code: "c" } as const;
  for (const it of [stays, goes]) health.failed(it, failure);
  const replaced = provider("goes");
  health.watch([replaced, stays]);
  assertEquals(
    health.list().map(({ provider, status }) => [provider, status]),
    [["goes", "healthy"], ["stays", "degraded"]],
  );
  // A request that was under way reports a provider that is gone.
  health.failed(goes, failure);
  health.succeeded(goes);
  health.checked(goes);
  assertEquals(health.read(goes), undefined);
  assertEquals(health.list().length, 2);
});

Deno.test("ProviderHealth.onChange() tells each change once, until it is ended", () => {
  const { health, p, fail, succeed, read, time } = start();
  const told: string[] = [];
  const stop = health.onChange(({ provider, from, to, at }) => {
    assert(provider === p);
    told.push(`${from} ${to} ${at}`);
  });
  health.onChange(() => {
    throw new Error("A listener's own fault");
  });
  fail("fault", 5);
  succeed();
  fail("throttled", 2);
  time.now += 700_000;
  read();
  read();
  assertEquals(told, [
    "healthy degraded 1000000",
    "degraded unhealthy 1000000",
    "unhealthy healthy 1000000",
    "healthy degraded 1000000",
    "degraded healthy 1700000",
  ]);
  stop();
  fail("fault");
  assertEquals(told.length, 5);
});

Deno.test("ProviderHealth() refuses options out of their range", () => {
  for (
    const options of [
      { window: 0 },
      { window: NaN },
      { minimum: 0 },
      { minimum: 1.5 },
      { degradedShare: 0 },
      { unhealthyShare: 1.1 },
      { faultsInARow: 0 },
    ]
  ) {
    const [name = ""] = Object.keys(options);
    assertThrows(() => new ProviderHealth(options), RangeError, `'${name}'`);
  }
});
