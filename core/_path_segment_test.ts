import { assertEquals, assertThrows } from "@std/assert";
import { GatewayError } from "./errors.ts";
import { pathSegment } from "./_path_segment.ts";

Deno.test("X18: pathSegment() makes one segment of every name that providers have", () => {
  for (
    const [name, segment] of [
      ["gpt-4.1-mini", "gpt-4.1-mini"],
      ["meta/llama-3.1", "meta%2Fllama-3.1"],
      ["arn:aws:bedrock:eu:1:x/y.z", "arn%3Aaws%3Abedrock%3Aeu%3A1%3Ax%2Fy.z"],
      ["a..b", "a..b"],
      ["...", "..."],
      ["a?b#c", "a%3Fb%23c"],
      ["100%", "100%25"],
    ] as const
  ) assertEquals(pathSegment(name), segment);
});

Deno.test("X18: pathSegment() refuses names that lead elsewhere", () => {
  for (
    const name of [
      ".",
      "..",
      "../x",
      "x/..",
      "x/../y",
      "..;/x",
      "..:x",
      "%2e%2e",
      "%2E%2e/x",
      "..%2fx",
      "%252e%252e",
      "a\\b",
      "a%5cb",
      "a\0b",
      "a\r\nb",
      "a%00b",
    ]
  ) {
    const error = assertThrows(() => pathSegment(name), GatewayError);
    assertEquals([error.status, error.code], [404, "model_not_found"]);
  }
});
