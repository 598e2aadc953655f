import { assert, assertEquals } from "@std/assert";
import type { Quirks } from "../../dialect.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { listed } from "./_test_provider.ts";
import { hasRecordings, readRecordings } from "./_test_recordings.ts";
import { decodeChatRequest } from "./decode_request.ts";
import { encodeChatRequest } from "./encode_request.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";

const CONTENT: Quirks = { thought: "reasoning_content" };
const DETAILS: Quirks = { thought: "reasoning_details", effort: "reasoning" };

/** How the recorded providers depart from the dialect. */
const QUIRKS: ReadonlyMap<string, Quirks> = new Map([
  ["api.openai.com", { reasoningModels: ["o1", "o3", "o4", "gpt-5"] }],
  ["openrouter.ai", DETAILS],
  ["ai-gateway.vercel.sh", DETAILS],
  ["api.x.ai", CONTENT],
  ["api.z.ai", CONTENT],
  ["api.avian.io", CONTENT],
  ["localhost:8080", CONTENT],
]);

type Json = Record<string, unknown>;

/** Brings the ways to write the same request together. */
function normalise(request: Json): Json {
  const { max_tokens: old, usage: _, reasoning, ...rest } = request;
  return {
    ...rest,
    ...(old !== undefined && { max_completion_tokens: old }),
    // Switched on means medium for the provider.
    ...(reasoning !== undefined && {
      reasoning: (reasoning as Json).enabled ? { effort: "medium" } : reasoning,
    }),
    messages: (request.messages as Json[]).map(normaliseMessage),
  };
}

function normaliseMessage(message: Json): Json {
  const { cache_control: mark, content, reasoning: _, ...rest } = message;
  const { reasoning_details: details, ...others } = rest;
  return {
    ...others,
    content: mark
      ? [{ type: "text", text: content, cache_control: mark }]
      : content || null,
    ...readable(details),
  };
}

/** The thought that the decoder keeps: what is readable, and Anthropic's proofs. */
function readable(details: unknown): Json {
  const kept = ((details ?? []) as Json[]).flatMap(
    ({ text, summary, signature }) => {
      const words = text ?? summary;
      return words ? [{ words, ...(signature ? { signature } : {}) }] : [];
    },
  );
  return kept.length === 0 ? {} : { thought: kept };
}

Deno.test({
  name:
    `A15, A23, A24, A28, C18, J4, J6, O5: recorded requests are the same after they went through the vocabulary${note}`,
  ignore,
  fn() {
    const recordings = readRecordings();
    assert(recordings.length >= 290);
    for (const { name, host, request } of recordings) {
      const document = parseJsonDocument(new TextEncoder().encode(request));
      const conversation = decodeChatRequest(document);
      const losses = new LossReport();
      const { body } = encodeChatRequest(conversation, {
        provider: host,
        model: conversation.model,
        quirks: QUIRKS.get(host) ?? {},
        losses,
      });
      assertEquals(
        normalise(JSON.parse(body)),
        normalise(JSON.parse(request)),
        name,
      );
      assertEquals(
        listed(losses).filter((loss) => !loss.includes("reasoning_details")),
        [],
        name,
      );
    }
  },
});
