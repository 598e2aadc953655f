/**
 * The same conversations were recorded with many providers: what one of these
 * was asked, asked of another, must be what that was asked itself.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  type Conversation,
  LossReport,
  parseJsonDocument,
  type ProviderDialect,
} from "@llm-proxy/core";
import { anthropicClient } from "../core/dialects/anthropic/client.ts";
import { bedrockProvider } from "../core/dialects/bedrock/provider.ts";
import { loadBedrockRecordings } from "./_bedrock_upstream.ts";
import { viewConverse } from "./_converse_view.ts";
import type { Recording } from "./_recordings.ts";
import { FAMILIES, type Family } from "./_replay_families.ts";
import {
  type RequestView,
  viewChat,
  viewGemini,
  viewMessages,
  viewResponses,
} from "./_request_views.ts";

const VIEWS: Readonly<Record<string, (body: unknown) => RequestView>> = {
  Chat: viewChat,
  Responses: viewResponses,
  Anthropic: viewMessages,
  Gemini: viewGemini,
};
const encoder = new TextEncoder();

/** Which conversation a recording is of, and how far it has gone; "" where no other provider has it. */
function conversationOf({ name }: Pick<Recording, "name">): string {
  const [suite = "", ...rest] = name.split("/");
  const number = name.slice(name.indexOf("#"));
  const image = /^Test(ImageUploadAgent\w*)$/.exec(suite)?.[1];
  if (image) return `${image}${number}`;
  const [, kind, cached = ""] =
    /(Common|ObjectGeneration|Thinking)(With\w*Cache\w*)?$/.exec(suite) ?? [];
  return kind ? `${kind}${cached && "Cached"}/${rest.at(-1)}` : "";
}

/** What a client of the family's dialect asked. */
function read({ own }: Family, recording: Recording): Conversation {
  const { request, url, stream } = recording;
  const [, model = "m"] = /models\/([^:]+):/.exec(url) ?? [];
  const value = { max_tokens: 4000, model, ...request };
  const body = own.name === "Messages" ? value : request;
  return own.dialect.decodeRequest(
    parseJsonDocument(encoder.encode(JSON.stringify(body))),
    { model, stream },
  );
}

/** The model that the recording's provider was asked for. */
function modelOf({ request, url }: Recording): string {
  const [, model = "m"] = /models\/([^:]+):/.exec(url) ?? [];
  return typeof request.model === "string" ? request.model : model;
}

function write(
  dialect: ProviderDialect,
  conversation: Conversation,
  model: string,
): unknown {
  const target = { provider: "p", model, quirks: {}, losses: new LossReport() };
  return JSON.parse(
    dialect.encodeRequest({ ...conversation, model }, target).body,
  );
}

/** The calls of a conversation: where models called otherwise, it is another one. */
function callsOf({ messages }: Conversation): string {
  return JSON.stringify(
    messages.flatMap(({ role, parts }) =>
      role === "assistant"
        ? [
          parts.flatMap((part) => part.type === "tool_call" ? [part.name] : []),
        ]
        : []
    ),
  );
}

for (const source of FAMILIES) {
  for (const target of FAMILIES) {
    Deno.test({
      name:
        `O2, O5, O10, D20: a recorded ${source.name} request, asked of ${target.name} providers, is what these were asked`,
      ignore: source.recordings.length === 0,
      fn() {
        let pairs = 0;
        const view = VIEWS[target.name]!;
        for (const to of target.recordings) {
          const conversation = conversationOf(to);
          if (conversation === "") continue;
          const own = read(target, to);
          for (const from of source.recordings) {
            if (conversationOf(from) !== conversation) continue;
            const asked = read(source, from);
            if (callsOf(asked) !== callsOf(own)) continue;
            const model = modelOf(to);
            const written = view(write(target.dialect, asked, model));
            // Some were asked with a limit, and some without one.
            const limit = asked.maxOutputTokens === own.maxOutputTokens
              ? {}
              : { limit: written.limit };
            assertEquals(
              written,
              { ...view(to.request), ...limit },
              `${from.name} → ${to.name}`,
            );
            pairs++;
          }
        }
        // deno-lint-ignore no-console
        console.log(`${source.name} → ${target.name}: ${pairs} pairs alike`);
        assert(pairs >= 20);
      },
    });
  }
}

const bedrock = await loadBedrockRecordings();

for (const source of FAMILIES) {
  Deno.test({
    name:
      `E12, E15, O2: a recorded ${source.name} request says by Converse what Bedrock was asked by InvokeModel`,
    ignore: bedrock.length === 0,
    fn() {
      let pairs = 0;
      for (const to of bedrock) {
        const conversation = conversationOf(to);
        if (conversation === "") continue;
        const own = anthropicClient.decodeRequest(
          parseJsonDocument(
            encoder.encode(JSON.stringify({ ...to.request, model: "m" })),
          ),
        );
        const [, model = ""] = /^\/model\/([^/]+)/.exec(to.path) ?? [];
        for (const from of source.recordings) {
          if (conversationOf(from) !== conversation) continue;
          const asked = read(source, from);
          if (callsOf(asked) !== callsOf(own)) continue;
          const written = write(
            bedrockProvider,
            asked,
            decodeURIComponent(model),
          );
          assertEquals(
            viewConverse(written),
            viewMessages(to.request),
            `${from.name} → ${to.name}`,
          );
          pairs++;
        }
      }
      assert(pairs >= 20);
    },
  });
}
