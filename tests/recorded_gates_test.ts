/**
 * Whatever was asked of one provider, asked of any other, is nothing that this
 * one would refuse.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  GatewayError,
  LossReport,
  parseJsonDocument,
  ProviderFactory,
  type ProviderSettings,
} from "@llm-proxy/core";
import { translateConversation } from "@llm-proxy/core/dialects";
import { GATES } from "./_provider_gates.ts";
import { FAMILIES } from "./_replay_families.ts";

type Target = ProviderSettings & { readonly model: string };

const CLAUDE = "anthropic/claude-sonnet-4.5";
/** A model of each provider, by the name of its gate. */
const TARGETS: readonly Target[] = [
  { name: "openai", type: "openai", model: "gpt-5" },
  { name: "anthropic", type: "anthropic", model: "claude-sonnet-4-5" },
  { name: "gemini", type: "gemini", model: "gemini-3-pro" },
  {
    name: "bedrock",
    type: "bedrock",
    aws: { region: "eu-west-1" },
    model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  },
  { name: "mistral", type: "mistral", model: "mistral-large-latest" },
  { name: "deepseek", type: "deepseek", model: "deepseek-reasoner" },
  { name: "openrouter", type: "openrouter", model: CLAUDE },
  { name: "vercel", type: "vercel", model: CLAUDE },
];
const encoder = new TextEncoder();

for (const { model, ...options } of TARGETS) {
  const { name } = options;
  Deno.test({
    name:
      `A25, C5, C12, C18, H4, J4, J6: what was asked of others is nothing that ${name} refuses`,
    ignore: FAMILIES.every(({ recordings }) => recordings.length === 0),
    fn() {
      const factory = new ProviderFactory();
      const provider = factory.create(options);
      let asked = 0;
      for (const { own, recordings } of FAMILIES) {
        for (const { name: where, url, request, stream } of recordings) {
          const [, of = "m"] = /models\/([^:]+):/.exec(url) ?? [];
          const body = own.name === "Messages"
            ? { model: of, max_tokens: 4_000, ...request }
            : request;
          const document = parseJsonDocument(
            encoder.encode(JSON.stringify(body)),
          );
          try {
            const { request } = translateConversation(document, {
              client: own.dialect,
              deployment: { provider, model },
              stream,
              includeUsage: true,
              losses: new LossReport(),
            });
            const sent = JSON.parse(request.body);
            const gate = sent.input
              ? "openai by responses"
              : request.path.includes("invoke")
              ? "anthropic"
              : name;
            assertEquals(GATES[gate]?.(sent), undefined, where);
            asked++;
          } catch (error) {
            // Tools that a provider runs itself no other one has (B22, C41).
            if (!(error instanceof GatewayError)) throw error;
            assert(/^Tools of type/.test(error.message), error.message);
          }
        }
      }
      factory.close();
      assert(asked > 450);
    },
  });
}
