import { assertEquals, assertThrows } from "@std/assert";
import { ApiError } from "./_api_error.ts";
import { embeddings } from "./_embeddings.ts";

// deno-lint-ignore no-explicit-any
function embed(body: Record<string, unknown>): any {
  return JSON.parse([...embeddings(body, "embed")].join(""));
}

Deno.test("embeddings() answers in OpenAI's list shape with one vector per input", () => {
  const answer = embed({ input: ["abcde", "x"] });
  assertEquals(answer.object, "list");
  assertEquals(answer.model, "embed");
  assertEquals(answer.usage, { prompt_tokens: 3, total_tokens: 3 });
  assertEquals(
    answer.data.map((
      { object, index, embedding }: Record<string, number[] | number | string>,
    ) => [object, index, (embedding as number[]).length]),
    [["embedding", 0, 256], ["embedding", 1, 256]],
  );
});

Deno.test("embeddings() gives the same vector for the same text, alone or in a list", () => {
  const [a, b, again] = embed({ input: ["a", "b", "a"], dimensions: 8 }).data;
  assertEquals(a.embedding, again.embedding);
  assertEquals(embed({ input: "a", dimensions: 8 }).data[0], a);
  assertEquals(
    JSON.stringify(a.embedding) === JSON.stringify(b.embedding),
    false,
  );
});

Deno.test("embeddings() writes the same numbers as base64", () => {
  const body = { input: "a", dimensions: 5 };
  const numbers = embed(body).data[0].embedding;
  const text = embed({ ...body, encoding_format: "base64" }).data[0].embedding;
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  assertEquals(
    numbers.map(Math.fround),
    [0, 4, 8, 12, 16].map((at) => view.getFloat32(at, true)),
  );
});

Deno.test("embeddings() takes tokens, one list or several", () => {
  const one = embed({ input: [1, 2, 3], dimensions: 4 });
  const many = embed({ input: [[1, 2, 3], [4]], dimensions: 4 });
  assertEquals(one.data.length, 1);
  assertEquals(one.usage.prompt_tokens, 3);
  assertEquals(many.data.length, 2);
  assertEquals(many.usage.prompt_tokens, 4);
  assertEquals(many.data[0], one.data[0]);
});

Deno.test("embeddings() refuses other inputs at once, naming the field", () => {
  const wrong: [Record<string, unknown>, string][] = [
    [{}, "'input'"],
    [{ input: null }, "'input'"],
    [{ input: "" }, "'input'"],
    [{ input: [] }, "'input'"],
    [{ input: ["a", ""] }, "'input[1]'"],
    [{ input: ["a", 1] }, "'input[1]'"],
    [{ input: [1, "a"] }, "'input'"],
    [{ input: [[1], [-1]] }, "'input[1]'"],
    [{ input: [[]] }, "'input[0]'"],
    [{ input: Array(2_049).fill("a") }, "'input'"],
    [{ input: "a", dimensions: 0 }, "'dimensions'"],
    [{ input: "a", dimensions: 4_097 }, "'dimensions'"],
    [{ input: "a", encoding_format: "hex" }, "'encoding_format'"],
  ];
  for (const [body, at] of wrong) {
    assertThrows(() => embeddings(body, "embed"), ApiError, at);
  }
});

Deno.test("embeddings() makes each vector when it is asked for", () => {
  const body = { input: Array(2_048).fill("a"), dimensions: 4_096 };
  const source = embeddings(body, "embed");
  const first = source.next().value;
  assertEquals(typeof first === "string" && first.length < 120_000, true);
  source.return(undefined);
});
