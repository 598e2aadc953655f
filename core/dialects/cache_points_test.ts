import { assert, assertEquals } from "@std/assert";
import type { ClientDialect } from "../dialect.ts";
import { parseJsonDocument } from "../json_document.ts";
import { LossReport } from "../loss_report.ts";
import { ProviderFactory, type ProviderSettings } from "../provider_factory.ts";
import { translateConversation } from "../translation.ts";
import { anthropicClient } from "./anthropic/client.ts";
import { openAiChatClient } from "./openai_chat/client.ts";
import "./mod.ts";

// deno-lint-ignore no-explicit-any -- the wire's JSON
type Wire = any;

const TOOL = { type: "object", properties: {} };
const CHAT = {
  model: "x/m",
  messages: [
    { role: "system", content: "Be brief" },
    { role: "user", content: "one" },
    { role: "assistant", content: "two" },
    { role: "user", content: "three" },
  ],
  tools: [{ type: "function", function: { name: "f", parameters: TOOL } }],
};
const MESSAGES = {
  model: "x/m",
  max_tokens: 64,
  system: "Be brief",
  messages: [{ role: "user", content: "one" }],
};
const CLAUDE = { type: "anthropic", apiKey: "k" };
const BEDROCK = {
  type: "bedrock",
  apiKey: "k",
  aws: { region: "us-east-1" },
};

/** The request as the provider gets it. */
function send(
  request: object,
  { client = openAiChatClient, settings = CLAUDE, model = "claude-opus-4-6" }: {
    readonly client?: ClientDialect;
    readonly settings?: Omit<ProviderSettings, "name">;
    readonly model?: string;
  } = {},
): Wire {
  const factory = new ProviderFactory();
  const provider = factory.create({
    name: "up",
    quirks: { cachePoints: true },
    ...settings,
  });
  factory.close();
  const losses = new LossReport();
  const text = JSON.stringify(request);
  const { request: sent } = translateConversation(
    parseJsonDocument(new TextEncoder().encode(text)),
    {
      client,
      deployment: { provider, model },
      stream: false,
      includeUsage: false,
      losses,
    },
  );
  assert(losses.empty, losses.toString());
  return JSON.parse(String(sent.body));
}

const POINT = { type: "ephemeral" };

Deno.test("C17, C19: breakpoints are set behind tools, system and the last turn, alike each time", () => {
  const { tools, system, messages } = send(CHAT);
  assertEquals(tools.at(-1).cache_control, POINT);
  assertEquals(system.at(-1).cache_control, POINT);
  assertEquals(
    messages.map(({ content }: Wire) => content.at(-1).cache_control),
    [undefined, undefined, POINT],
  );
  assertEquals(JSON.stringify(send(CHAT)), JSON.stringify(send(CHAT)));
});

Deno.test("C17: a request that passes gets them too, and one with breakpoints of its own keeps those alone", () => {
  const client = anthropicClient;
  const { system, messages } = send(MESSAGES, { client });
  assertEquals(system, [
    { type: "text", text: "Be brief", cache_control: POINT },
  ]);
  assertEquals(messages[0].content, [
    { type: "text", text: "one", cache_control: POINT },
  ]);
  const own = {
    ...MESSAGES,
    system: [{ type: "text", text: "Be brief", cache_control: POINT }],
  };
  assertEquals(send(own, { client }).messages, MESSAGES.messages);
  const plain = send(MESSAGES, { client, settings: { ...CLAUDE, quirks: {} } });
  assertEquals(plain.messages, MESSAGES.messages);
});

Deno.test("E20: Bedrock's models get cache points where they take them", () => {
  const points = (model: string): readonly number[] => {
    const { toolConfig, system, messages } = send(CHAT, {
      settings: BEDROCK,
      model,
    });
    return [toolConfig.tools, system, messages.at(-1).content]
      .map((list: Wire[]) => list.filter((item) => item.cachePoint).length);
  };
  assertEquals(points("anthropic.claude-opus-4-6-v1:0"), [1, 1, 1]);
  assertEquals(points("amazon.nova-pro-v1:0"), [0, 1, 1]);
  assertEquals(points("meta.llama3-70b-instruct-v1:0"), [0, 0, 0]);
});
