import { assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { decodeModelPage } from "./models.ts";

Deno.test("D28: models are listed without their collection, if they speak or embed", () => {
  const page = {
    models: [
      {
        name: "models/gemini-2.5-pro",
        supportedGenerationMethods: ["generateContent", "countTokens"],
      },
      {
        name: "models/gemini-embedding-001",
        supportedGenerationMethods: ["embedContent"],
      },
      { name: "models/aqa", supportedGenerationMethods: ["generateAnswer"] },
      { name: "tunedModels/mine" },
      { name: "" },
      { name: 1 },
      null,
    ],
    nextPageToken: "t",
  };
  assertEquals(decodeModelPage(page), {
    models: [
      { id: "gemini-2.5-pro", ownedBy: "google" },
      { id: "gemini-embedding-001", ownedBy: "google" },
      { id: "tunedModels/mine", ownedBy: "google" },
    ],
    next: "t",
  });
  assertEquals(decodeModelPage({}), { models: [] });
});

Deno.test("decodeModelPage() refuses what is no page", () => {
  for (const value of [null, [], "x", { models: {} }]) {
    assertThrows(() => decodeModelPage(value), UpstreamError);
  }
});
