import { assertEquals } from "@std/assert";
import { mockModel, modelList } from "./_mock_model.ts";

Deno.test("mockModel() reads the pauses of slow and caps them at a minute", () => {
  assertEquals(mockModel("slow"), { kind: "slow", first: 1_000, gap: 100 });
  assertEquals(mockModel("slow-5"), { kind: "slow", first: 5, gap: 100 });
  assertEquals(mockModel("slow-5-0"), { kind: "slow", first: 5, gap: 0 });
  assertEquals(mockModel("slow-999999-60001"), {
    kind: "slow",
    first: 60_000,
    gap: 60_000,
  });
});

Deno.test("mockModel() reads error statuses from 400 to 599", () => {
  assertEquals(mockModel("error-400"), { kind: "error", status: 400 });
  assertEquals(mockModel("error-599"), { kind: "error", status: 599 });
});

Deno.test("mockModel() knows no other names (X16)", () => {
  for (
    const name of [
      "",
      "Echo",
      "echo ",
      "slow-",
      "slow--1",
      "slow-1-2-3",
      "error-200",
      "error-600",
      "error-4290",
      "__proto__",
      "constructor",
      "x".repeat(10_000),
    ]
  ) assertEquals(mockModel(name), undefined, name);
});

Deno.test("modelList() lists models that mockModel() knows, in OpenAI's shape", () => {
  const list = JSON.parse(modelList());
  assertEquals(list.object, "list");
  assertEquals(list.data.map(({ id }: { id: string }) => id), [
    "echo",
    "lorem",
    "tool",
    "slow",
    "cut",
    "embed",
    "error-429",
    "error-500",
  ]);
  for (const model of list.data) {
    assertEquals(mockModel(model.id) === undefined, false);
    assertEquals(model.object, "model");
    assertEquals(typeof model.created, "number");
    assertEquals(typeof model.owned_by, "string");
  }
});
