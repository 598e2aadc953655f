import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ClientDialect, ProviderDialect } from "../dialect.ts";
import { parseJsonDocument } from "../json_document.ts";
import { LossReport } from "../loss_report.ts";
import {
  chatRequest,
  geminiRequest,
  messagesRequest,
  responsesRequest,
  type WireRequest,
} from "./_test_wire_requests.ts";
import { anthropicClient } from "./anthropic/client.ts";
import { anthropicProvider } from "./anthropic/dialect.ts";
import { geminiClient } from "./gemini/client.ts";
import { geminiProvider } from "./gemini/dialect.ts";
import { openAiChatClient } from "./openai_chat/client.ts";
import { openAiChatProvider } from "./openai_chat/provider.ts";
import { openAiResponsesClient } from "./openai_responses/client.ts";
import { openAiResponsesProvider } from "./openai_responses/provider.ts";

const encoder = new TextEncoder();

const CASES: readonly (readonly [
  ClientDialect,
  ProviderDialect,
  fc.Arbitrary<WireRequest>,
  model: string,
])[] = [
  [openAiChatClient, openAiChatProvider, chatRequest, "m"],
  [
    anthropicClient,
    anthropicProvider,
    messagesRequest,
    "claude-opus-4-6",
  ],
  [geminiClient, geminiProvider, geminiRequest, "gemini-3-pro"],
  [openAiResponsesClient, openAiResponsesProvider, responsesRequest, "m"],
];

for (const [client, provider, request, model] of CASES) {
  Deno.test(`a ${client.name} request is the same after it went through the vocabulary`, () => {
    fc.assert(
      fc.property(request, (given) => {
        const body = encoder.encode(JSON.stringify(given));
        const losses = new LossReport();
        const conversation = client.decodeRequest(parseJsonDocument(body), {
          model,
        });
        const written = provider.encodeRequest(conversation, {
          provider: "p",
          model,
          quirks: {},
          losses,
        });
        assertEquals(
          JSON.parse(written.body),
          JSON.parse(JSON.stringify(given)),
        );
        assert(losses.empty, losses.toString());
      }),
      { numRuns: 500 },
    );
  });
}
