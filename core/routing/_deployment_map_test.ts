import { assertEquals, assertThrows } from "@std/assert";
import type { Deployment } from "./deployment.ts";
import { DeploymentMap } from "./_deployment_map.ts";
import { testDeployment } from "./_test_routing.ts";

function made(model: string, adHoc: boolean): Deployment {
  return { ...testDeployment(`p/${model}`), adHoc };
}

function map(capacity: number) {
  return new DeploymentMap<{ busy: boolean }>({
    capacity,
    isBusy: ({ busy }) => busy,
  });
}

Deno.test("DeploymentMap keeps what the config has, whatever callers name", () => {
  const kept = map(10);
  const configured = Array.from({ length: 50 }, (_, i) => made(`${i}`, false));
  const values = configured.map((it) => {
    const value = { busy: false };
    kept.set(it, value);
    return value;
  });
  for (let i = 0; i < 1_000; i++) {
    kept.set(made(`junk-${i}`, true), { busy: false });
  }
  assertEquals(configured.map((it) => kept.get(it)), values);
  assertEquals(kept.size <= 60, true);
});

Deno.test("DeploymentMap forgets of callers' models those that nobody asks for any more", () => {
  const kept = map(100);
  const used = { busy: false };
  const rare = { busy: false };
  kept.set(made("used", true), used);
  kept.set(made("rare", true), rare);
  for (let i = 0; i < 1_000; i++) {
    kept.set(made(`junk-${i}`, true), { busy: false });
    if (i % 40 === 0) assertEquals(kept.get(made("used", true)), used);
  }
  assertEquals(kept.get(made("used", true)), used);
  assertEquals(kept.get(made("rare", true)), undefined);
  assertEquals(kept.size <= 100, true);
});

Deno.test("DeploymentMap keeps what is busy, and no end of it neither", () => {
  const kept = map(100);
  const flying = { busy: true };
  kept.set(made("flying", true), flying);
  for (let i = 0; i < 1_000; i++) {
    kept.set(made(`junk-${i}`, true), { busy: false });
  }
  assertEquals(kept.get(made("flying", true)), flying);
  for (let i = 0; i < 1_000; i++) {
    kept.set(made(`busy-${i}`, true), { busy: true });
  }
  assertEquals(kept.size <= 125, true);
});

Deno.test("DeploymentMap goes on with what the config names by now, and drops what it named", () => {
  const kept = map(10);
  const value = { busy: false };
  kept.set(made("m", true), value);
  assertEquals(kept.get(made("m", false)), value);
  for (let i = 0; i < 100; i++) {
    kept.set(made(`junk-${i}`, true), { busy: false });
  }
  assertEquals(kept.get(made("m", false)), value);
  assertEquals(kept.get(made("m", true)), value);
  kept.retain([made("other", false)]);
  assertEquals(kept.get(made("m", false)), undefined);
});

Deno.test("DeploymentMap() refuses a capacity of nothing", () => {
  assertThrows(() => map(0), RangeError, "'capacity'");
});
