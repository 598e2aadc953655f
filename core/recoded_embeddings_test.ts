import { assertEquals, assertThrows } from "@std/assert";
import { geminiEmbeddings } from "./dialects/gemini/embeddings.ts";
import { GatewayError, UpstreamError } from "./errors.ts";
import { parseJsonDocument } from "./json_document.ts";
import { LossReport } from "./loss_report.ts";
import {
  type RecodedEmbeddings,
  recodeEmbeddings,
} from "./recoded_embeddings.ts";

const encoder = new TextEncoder();

function recode(
  request: object,
  losses: LossReport = new LossReport(),
): RecodedEmbeddings {
  return recodeEmbeddings(
    parseJsonDocument(encoder.encode(JSON.stringify(request))),
    {
      dialect: geminiEmbeddings,
      target: { provider: "gemini", model: "e-1", losses },
    },
  );
}

const body = (value: unknown) => encoder.encode(JSON.stringify(value));
const TWO = { embeddings: [{ values: [1, 0.5] }, { values: [0, -2] }] };

Deno.test("recodeEmbeddings() carries texts there and vectors back", () => {
  const losses = new LossReport();
  const { request, answer } = recode({
    model: "gemini/e-1",
    input: ["a", "b"],
    dimensions: 2,
    encoding_format: "float",
    user: "u",
  }, losses);
  assertEquals(request.path, "/models/e-1:batchEmbedContents");
  const usageMetadata = { promptTokenCount: 3 };
  const translated = answer(body({ ...TWO, usageMetadata }));
  assertEquals(JSON.parse(translated.body), {
    object: "list",
    data: [
      { object: "embedding", index: 0, embedding: [1, 0.5] },
      { object: "embedding", index: 1, embedding: [0, -2] },
    ],
    model: "e-1",
    usage: { prompt_tokens: 3, total_tokens: 3 },
  });
  assertEquals(translated.usage?.input, 3);
  assertEquals(losses.toString(), "dropped: user (gemini)");
});

Deno.test("recodeEmbeddings() gives vectors in base64, which OpenAI's SDKs ask for", () => {
  const { answer } = recode({ input: "a", encoding_format: "base64" });
  const { body: text, usage } = answer(
    body({ embedding: { values: [1, 0.5] } }),
  );
  const [{ embedding }] = JSON.parse(text).data;
  const bytes = Uint8Array.fromBase64(embedding);
  assertEquals([...new Float32Array(bytes.buffer)], [1, 0.5]);
  assertEquals(usage, undefined);
});

Deno.test("recodeEmbeddings() refuses as many vectors as there are no texts for", () => {
  const { answer } = recode({ input: "a" });
  assertThrows(() => answer(body(TWO)), UpstreamError);
});

Deno.test("K17: requests for embeddings that can't be carried name their field", () => {
  for (
    const [request, param] of [
      [{}, "input"],
      [{ input: "" }, "input"],
      [{ input: [] }, "input"],
      [{ input: null }, "input"],
      [{ input: [1, 2] }, "input"],
      [{ input: [[1]] }, "input"],
      [{ input: "a", dimensions: 0 }, "dimensions"],
      [{ input: "a", dimensions: "8" }, "dimensions"],
      [{ input: "a", encoding_format: "hex" }, "encoding_format"],
    ] as const
  ) {
    const error = assertThrows(() => recode(request), GatewayError);
    assertEquals([error.status, error.param], [400, param]);
  }
});

Deno.test("recodeEmbeddings() reads errors in the provider's dialect", () => {
  const { error } = recode({ input: "a" });
  const { kind } = error(
    429,
    {},
    body({ error: { status: "RESOURCE_EXHAUSTED" } }),
  );
  assertEquals(kind, "rate_limit");
});
