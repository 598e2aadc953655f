import { assert, assertEquals, assertThrows } from "@std/assert";
import { MetricsCollector } from "./metrics_collector.ts";
import { Redactor } from "./redactor.ts";

const collector = new MetricsCollector();

Deno.test("resolve() takes values as they come, up to the label's bound", () => {
  const route = collector.label("route", { max: 2 });
  assertEquals(["/a", "/b", "/c", "/b"].map((value) => route.resolve(value)), [
    "/a",
    "/b",
    "other",
    "/b",
  ]);
});

Deno.test("resolve() takes only the values that were given, where some were", () => {
  const method = collector.label("method", { values: ["GET"] });
  assertEquals(method.resolve("GET"), "GET");
  assertEquals(method.resolve("BREW"), "other");
  assertEquals(method.add("POST"), false);
});

Deno.test("resolve() takes what was added, where a label takes nothing by itself", () => {
  const model = collector.label("model", { max: 1, auto: false });
  assertEquals(model.resolve("gpt-4o"), "other");
  assert(model.add("gpt-4o"));
  assert(model.add("gpt-4o"));
  assertEquals(model.resolve("gpt-4o"), "gpt-4o");
  assertEquals(model.add("gpt-5"), false);
});

Deno.test("resolve() lets the empty value pass, which is no label", () => {
  assertEquals(collector.label("a", { max: 0 }).resolve(""), "");
  assertEquals(collector.label("a", { values: ["b"] }).resolve(""), "");
});

Deno.test("X13: a label value is never a secret, a text or a broken string", () => {
  const redactor = new Redactor(["correct-horse-battery"]);
  const label = new MetricsCollector({ redactor }).label("model");
  const refused = [
    "correct-horse-battery",
    "tenant/correct-horse-battery/x",
    "sk-proj-abcdefghijklmnop123456",
    "Bearer abcdefghijklmnop123456",
    "https://user:pass@api.example/v1",
    "https://api.example/v1?key=abc",
    "two\nlines",
    "nul\0",
    "\u{d800}",
    "long".repeat(33),
  ];
  for (const value of refused) {
    assertEquals(label.resolve(value), "other", JSON.stringify(value));
    assertEquals(label.admits(value), false, JSON.stringify(value));
  }
  for (const value of ["gpt-4o", "équipe α", "模型", "a b", 'q"\\']) {
    assertEquals(label.resolve(value), value);
  }
});

Deno.test("resolve() makes other of what is no string", () => {
  const label = collector.label("a");
  for (const value of [undefined, null, 4, {}, ["a"]]) {
    assertEquals(label.resolve(value as unknown as string), "other");
  }
});

Deno.test("label() refuses names that the formats would not take", () => {
  for (const name of ["", "1a", "a-b", "a.b", "le", "__name__", "__proto__"]) {
    assertThrows(() => collector.label(name), RangeError, "no name");
  }
  assertThrows(() => collector.label("a", { max: -1 }), RangeError, "-1");
});
