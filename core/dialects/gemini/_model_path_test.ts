import { assertEquals, assertThrows } from "@std/assert";
import { GatewayError } from "../../errors.ts";
import { modelPath } from "./_model_path.ts";

Deno.test("D28, D29: a model has one path, however it is named", () => {
  const path = "/models/gemini-2.5-pro";
  for (
    const name of [
      "gemini-2.5-pro",
      "models/gemini-2.5-pro",
      "publishers/google/models/gemini-2.5-pro",
      "/publishers/google/models/gemini-2.5-pro",
    ]
  ) assertEquals(modelPath(name), path);
  assertEquals(modelPath("tunedModels/mine-1"), "/tunedModels/mine-1");
});

Deno.test("D28, X18: no name leads out of its place", () => {
  assertThrows(() => modelPath("../files"), GatewayError);
  assertThrows(() => modelPath("models/../../x?a#b"), GatewayError);
  assertEquals(modelPath("models/x/y?a#b"), "/models/x%2Fy%3Fa%23b");
  assertEquals(modelPath("models/"), "/models/models%2F");
  assertEquals(modelPath(""), "/models/");
});
