import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { GatewayError } from "./errors.ts";
import type { Provider } from "./provider.ts";
import { ProviderFactory } from "./provider_factory.ts";
import { Router, type RouterEntry } from "./router.ts";

const factory = new ProviderFactory();

function provider(name: string, models?: readonly string[]): Provider {
  return factory.create({
    name,
    type: name === "mock" ? "mock" : "openai_compatible",
    ...(name !== "mock" && { baseUrl: "http://127.0.0.1:9/v1" }),
    ...(models && { models }),
  });
}

function entry(
  name: string,
  { models, priority = 100, forced = false }: {
    readonly models?: readonly string[];
    readonly priority?: number;
    readonly forced?: boolean;
  } = {},
): RouterEntry {
  return { provider: provider(name, models), priority, forced };
}

/** Where a name leads, as `provider: model`. */
function where(router: Router, name: string): string {
  const deployment = router.resolve(name);
  return `${deployment.provider.name}: ${deployment.model}`;
}

Deno.test("Router.resolve() takes an address apart at its first slash", () => {
  const router = new Router([entry("a"), entry("b")]);
  assertEquals(where(router, "a/m"), "a: m");
  assertEquals(where(router, "b/org/m"), "b: org/m");
});

Deno.test("Router.resolve() finds a bare name in the config's lists, by priority", () => {
  const router = new Router([
    entry("late", { models: ["m", "org/m"] }),
    entry("early", { models: ["m"], priority: 1 }),
  ]);
  assertEquals(where(router, "m"), "early: m");
  assertEquals(where(router, "org/m"), "late: org/m");
});

Deno.test("Router.resolve() finds a bare name in the lists of the providers", () => {
  const router = new Router(
    [entry("late"), entry("early", { priority: 1 })],
    { find: (model) => model === "m" ? ["late", "early"] : [] },
  );
  assertEquals(where(router, "m"), "early: m");
  assertEquals(router.knows("m"), true);
  assertEquals(router.knows("n"), false);
});

Deno.test("Router.resolve() gives every bare name to the forced provider", () => {
  const router = new Router([
    entry("a", { models: ["m"] }),
    entry("b", { forced: true }),
  ]);
  assertEquals(where(router, "m"), "b: m");
  assertEquals(where(router, "a/m"), "a: m");
});

Deno.test("Router.resolve() leaves an unknown name to the one provider without a list", () => {
  const one = new Router([
    entry("mock"),
    entry("a", { models: ["m"] }),
    entry("b"),
  ]);
  assertEquals(where(one, "anything"), "b: anything");
  const two = new Router([entry("b"), entry("c")]);
  assertThrows(() => two.resolve("anything"), GatewayError);
});

Deno.test("K16: an unknown model is a 404 that names the field", () => {
  const router = new Router([entry("mock")]);
  for (const name of ["x", "x/y", "/x", "mock/", "__proto__", "constructor"]) {
    const error = assertThrows(() => router.resolve(name));
    assertInstanceOf(error, GatewayError);
    assertEquals([error.status, error.code, error.param], [
      404,
      "model_not_found",
      "model",
    ]);
  }
});

Deno.test("Router.resolve() never gives a name with a prefix to another provider", () => {
  const router = new Router([entry("b")], {
    off: (name) => name === "anthropic" ? "set ANTHROPIC_API_KEY" : undefined,
  });
  assertThrows(
    () => router.resolve("anthropic/claude"),
    GatewayError,
    "Provider 'anthropic' is off: set ANTHROPIC_API_KEY",
  );
  assertThrows(
    () => router.resolve("anthropc/claude"),
    GatewayError,
    "does not exist",
  );
});
