import { assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { decodeEmbeddings, encodeEmbeddings } from "./embeddings.ts";

const decode = (value: unknown) =>
  decodeEmbeddings(new TextEncoder().encode(JSON.stringify(value)));

Deno.test("encodeEmbeddings() asks for one vector by embedContent", () => {
  assertEquals(
    encodeEmbeddings({ model: "models/e-1", inputs: ["a"], dimensions: 8 }),
    {
      path: "/models/e-1:embedContent",
      headers: {},
      body:
        `{"model":"models/e-1","content":{"parts":[{"text":"a"}]},"outputDimensionality":8}`,
    },
  );
});

Deno.test("encodeEmbeddings() asks for several vectors by batchEmbedContents", () => {
  const { path, body } = encodeEmbeddings({ model: "e-1", inputs: ["a", "b"] });
  assertEquals(path, "/models/e-1:batchEmbedContents");
  assertEquals(JSON.parse(body), {
    requests: ["a", "b"].map((text) => ({
      model: "models/e-1",
      content: { parts: [{ text }] },
    })),
  });
});

Deno.test("decodeEmbeddings() reads one vector or several, and counts where told", () => {
  assertEquals(decode({ embedding: { values: [1, 2] } }), {
    vectors: [[1, 2]],
  });
  const { vectors, usage } = decode({
    embeddings: [{ values: [1] }, { values: [0.5] }],
    usageMetadata: { promptTokenCount: 7 },
  });
  assertEquals(vectors, [[1], [0.5]]);
  assertEquals([usage?.input, usage?.output], [7, 0]);
});

Deno.test("U7, U11: what are no embeddings are refused, an error is one", () => {
  for (
    const value of [
      null,
      {},
      { embedding: null },
      { embedding: {} },
      { embedding: { values: [] } },
      { embedding: { values: ["1"] } },
      { embeddings: [] },
      { embeddings: [{ values: [1] }, null] },
    ]
  ) {
    const error = assertThrows(() => decode(value), UpstreamError);
    assertEquals(error.code, "upstream_invalid_response");
  }
  const error = assertThrows(
    () => decode({ error: { code: 503, status: "UNAVAILABLE" } }),
    UpstreamError,
  );
  assertEquals(error.kind, "overloaded");
});
