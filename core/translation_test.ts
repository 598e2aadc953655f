import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { GatewayError } from "./errors.ts";
import { parseJsonDocument } from "./json_document.ts";
import { LossReport } from "./loss_report.ts";
import { ProviderFactory } from "./provider_factory.ts";
import { translateEmbeddings } from "./translate_embeddings.ts";
import { translateChat, type Translation } from "./translation.ts";
import "./dialects/mod.ts";

const encoder = new TextEncoder();

const factory = new ProviderFactory();
const provider = factory.create({
  name: "claude",
  type: "anthropic",
  apiKey: "k",
});
factory.close();

/** A chat request on its way to Anthropic, and the report of both ways. */
function translate(
  fields: string,
  stream = false,
): { readonly translation: Translation; readonly losses: LossReport } {
  const losses = new LossReport();
  const text = `{"model":"claude/m","stream":${stream},"messages":[` +
    `{"role":"user","content":"hi"}]${fields}}`;
  const translation = translateChat(
    parseJsonDocument(new TextEncoder().encode(text)),
    {
      deployment: { provider, model: "claude-sonnet-4-5" },
      stream,
      includeUsage: false,
      losses,
    },
  );
  return { translation, losses };
}

const CONTENT = [
  { type: "thinking", thinking: "Hm", signature: "s1" },
  { type: "server_tool_use", id: "s", name: "web_search", input: {} },
  { type: "web_search_tool_result", tool_use_id: "s", content: [] },
  { type: "text", text: "Found", citations: [{ type: "x" }] },
  { type: "thinking", thinking: "Hm", signature: "s2" },
  { type: "tool_use", id: "t", name: "look", input: {} },
];
const LOST = "dropped: answer.server_tool_use (left out); " +
  "dropped: answer.web_search_tool_result (left out); " +
  "dropped: answer.citations (no address on the web); " +
  "changed: answer.reasoning_content (order of parts)";

Deno.test("A25, A31: a request's losses are reported", () => {
  const { losses, translation } = translate(
    ',"metadata":{"user_id":"u","team":"x"},"logprobs":true,"seed":7',
  );
  assertEquals(
    losses.toString(),
    "dropped: logprobs (claude); dropped: metadata (claude); " +
      "dropped: seed (claude)",
  );
  assertStringIncludes(
    translation.request.body,
    '"metadata":{"user_id":"u"}',
  );
});

Deno.test("M15: a tool's schema keeps its numbers on the way to another dialect", () => {
  const schema = '{"type":"object","maximum":12345678901234567890}';
  const { translation, losses } = translate(
    `,"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}]`,
  );
  assertStringIncludes(
    translation.request.body,
    `"input_schema":${schema}`,
  );
  assertEquals(losses.empty, true);
});

Deno.test("C12, C32: a whole answer's losses are reported", () => {
  const { losses, translation } = translate("");
  const answer = {
    id: "msg_1",
    model: "m",
    content: CONTENT,
    stop_reason: "tool_use",
  };
  translation.answer(new TextEncoder().encode(JSON.stringify(answer)));
  assertEquals(losses.toString(), LOST);
});

Deno.test("C12, C32: a stream's losses are reported as a whole answer's are", () => {
  const { losses, translation } = translate("", true);
  const stream = translation.stream();
  const events = [
    { type: "message_start", message: { id: "msg_1", model: "m" } },
    ...CONTENT.flatMap((block, index) => [
      { type: "content_block_start", index, content_block: block },
      { type: "content_block_stop", index },
    ]),
    { type: "message_delta", delta: { stop_reason: "tool_use" } },
    { type: "message_stop" },
  ];
  for (const event of events) {
    stream.push({ event: event.type, data: JSON.stringify(event) });
  }
  assertEquals([stream.done, stream.finish], [true, "tool"]);
  assertEquals(losses.toString(), LOST);
});

Deno.test("F1: Azure's dated API has the model in the path and the version in the query", () => {
  const factory = new ProviderFactory();
  const azure = factory.create({
    name: "azure",
    type: "azure_openai",
    baseUrl: "https://r.openai.azure.com/openai",
    quirks: { apiVersion: "2024-10-21" },
  });
  factory.close();
  const deployment = { provider: azure, model: "my gpt/4" };
  const losses = new LossReport();
  const document = parseJsonDocument(encoder.encode(
    `{"model":"azure/my gpt/4","input":"x","messages":[{"role":"user","content":"hi"}]}`,
  ));
  const chat = translateChat(document, {
    deployment,
    stream: false,
    includeUsage: false,
    losses,
  });
  assertEquals(
    chat.request.path,
    "/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21",
  );
  assertEquals(
    translateEmbeddings(document, { deployment, losses }).request.path,
    "/deployments/my%20gpt%2F4/embeddings?api-version=2024-10-21",
  );
});

Deno.test("translateEmbeddings() carries a request to Google and reports what is lost", () => {
  const factory = new ProviderFactory();
  const gemini = factory.create({ name: "gemini", type: "gemini" });
  factory.close();
  const losses = new LossReport();
  const { request, answer } = translateEmbeddings(
    parseJsonDocument(
      encoder.encode(`{"model":"m","input":"hi","user":"u"}`),
    ),
    { deployment: { provider: gemini, model: "e" }, losses },
  );
  assertEquals(request.path, "/models/e:embedContent");
  assertEquals(losses.toString(), "dropped: user (gemini)");
  const { body } = answer(
    encoder.encode(`{"embedding":{"values":[0.5,1]}}`),
  );
  assertEquals(JSON.parse(body).data[0].embedding, [0.5, 1]);
});

Deno.test("translateEmbeddings() refuses a provider that has none", () => {
  const error = assertThrows(
    () =>
      translateEmbeddings(
        parseJsonDocument(encoder.encode(`{"model":"m","input":"hi"}`)),
        { deployment: { provider, model: "m" }, losses: new LossReport() },
      ),
    GatewayError,
  );
  assertEquals([error.status, error.code], [400, "unsupported_endpoint"]);
});

Deno.test("J28: a JSON schema does not pass to a provider that knows none", () => {
  const factory = new ProviderFactory();
  const deepseek = factory.create({ name: "deepseek", type: "deepseek" });
  factory.close();
  const schema = { type: "object", title: "Book" };
  const send = (format: unknown): { body: string; lost: string } => {
    const losses = new LossReport();
    const { request } = translateChat(
      parseJsonDocument(encoder.encode(JSON.stringify({
        model: "deepseek/m",
        messages: [{ role: "user", content: "hi" }],
        response_format: format,
      }))),
      {
        deployment: { provider: deepseek, model: "m" },
        stream: false,
        includeUsage: false,
        losses,
      },
    );
    return { body: String(request.body), lost: losses.toString() };
  };
  const { body, lost } = send({
    type: "json_schema",
    json_schema: { name: "book", schema },
  });
  const told = JSON.parse(body);
  assertEquals(told.response_format, { type: "json_object" });
  assertStringIncludes(told.messages[0].content, '"title":"Book"');
  assertEquals(lost, "approximated: response_format (asked for in the prompt)");
  const plain = send({ type: "json_object" });
  assertStringIncludes(plain.body, '"response_format":{"type":"json_object"}');
  assertEquals(plain.lost, "");
});
