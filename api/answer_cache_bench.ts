import { parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
import { openAiChatClient } from "@llm-proxy/core/dialects";
import { buildRouteTable } from "@llm-proxy/core/routing";
import { answerName } from "./_answer_key.ts";

const factory = new ProviderFactory();
const provider = factory.create({
  name: "mock",
  type: "mock",
  models: ["echo"],
});
const built = buildRouteTable([], { providers: [{ provider }] });
factory.close();
const match = built.ok ? built.table.match("mock/echo") : undefined;
if (match === undefined) throw new Error("There is no route");

for (const kib of [1, 4, 16, 64]) {
  const turns = Array.from({ length: 8 }, (_, at) => ({
    role: at % 2 === 0 ? "user" : "assistant",
    content: "words ".repeat(kib * 21),
  }));
  const text = JSON.stringify({ model: "mock/echo", messages: turns });
  const document = parseJsonDocument(new TextEncoder().encode(text));
  Deno.bench(`the key of a request of ${kib} KiB`, () => {
    answerName(document, {
      model: "mock/echo",
      client: openAiChatClient,
      header: () => undefined,
      realm: "realm",
      tenant: "key team-a",
      match,
      arm: "",
    });
  });
}
