import * as z from "@zod/zod";
import { keyChange, keyDraft } from "./_stored_key_schema.ts";
import { modelSelection } from "./_model_selection_schema.ts";

/** What the gateway reads of a body; whatever else is in it goes on to the provider. */
const model = z.string().min(1).describe(
  "A route of the config, provider/model, or a model that a provider lists.",
);
const stream = z.boolean().optional().describe(
  "Whether the answer is told as it comes.",
);
const text = z.string();
const list = z.array(z.looseObject({}));
const tools = list.optional().describe("What the model may call.");
const limit = z.int().min(1).optional().describe(
  "The most tokens that the answer may have.",
);
const temperature = z.number().optional();
const contents = list.min(1).describe("The turns, each with its parts.");

/** What the bodies of requests are, by the names that the document gives them. */
export const BODIES = {
  ChatRequest: z.looseObject({
    model,
    messages: list.min(1).describe("The conversation so far."),
    stream,
    max_completion_tokens: limit,
    max_tokens: limit,
    n: z.int().min(1).optional(),
    temperature,
    tools,
    response_format: z.looseObject({ type: text }).optional(),
    stream_options: z.looseObject({ include_usage: z.boolean().optional() })
      .optional(),
  }),
  CompletionRequest: z.looseObject({
    model,
    prompt: z.union([text, z.array(text)]),
    stream,
    max_tokens: limit,
    temperature,
  }),
  MessagesRequest: z.looseObject({
    model,
    max_tokens: z.int().min(1),
    messages: list.min(1),
    system: z.union([text, list]).optional(),
    stream,
    temperature,
    tools,
  }),
  CountRequest: z.looseObject({ model, messages: list.optional(), tools }),
  ResponsesRequest: z.looseObject({
    model,
    input: z.union([text, list]).optional(),
    instructions: text.optional(),
    previous_response_id: text.optional(),
    store: z.boolean().optional(),
    stream,
    max_output_tokens: limit,
    tools,
  }),
  EmbeddingsRequest: z.looseObject({
    model,
    input: z.union([text, z.array(z.unknown())]),
    dimensions: z.int().min(1).optional(),
    encoding_format: z.enum(["float", "base64"]).optional(),
  }),
  CondenseRequest: z.looseObject({
    model,
    messages: list.min(1),
    limit: limit.describe("The most tokens that the conversation may have."),
    strategies: z.array(text).optional(),
  }),
  ModelRequest: z.looseObject({ model }),
  RerankRequest: z.looseObject({
    model,
    query: text,
    documents: z.array(z.unknown()),
    top_n: z.int().min(1).optional(),
  }),
  GenerateContentRequest: z.looseObject({
    contents,
    systemInstruction: z.looseObject({}).optional(),
    generationConfig: z.looseObject({}).optional(),
    tools,
  }),
  CountTokensRequest: z.looseObject({ contents: contents.optional() }),
  EmbedContentRequest: z.looseObject({ content: z.looseObject({}) }),
  BatchEmbedRequest: z.looseObject({ requests: list.min(1) }),
  BatchRequest: z.looseObject({
    input_file_id: text,
    endpoint: text,
    completion_window: text,
  }),
  Form: z.looseObject({ model }).describe(
    "multipart/form-data, with files of any size.",
  ),
  FileForm: z.looseObject({ purpose: text }).describe(
    "multipart/form-data with the file.",
  ),
  KeyDraft: keyDraft,
  KeyChange: keyChange,
  KeyRotation: z.strictObject({
    grace: z.number().min(0).optional().describe(
      "Seconds for which the secret before is good.",
    ),
  }),
  Flag: z.strictObject({
    value: z.unknown().describe("As in feature_flags of the config."),
  }),
  Deployment: z.strictObject({ id: text.describe("Its id in the list.") }),
  ModelSelection: modelSelection,
} as const;

/** One of {@linkcode BODIES}. */
export type BodyName = keyof typeof BODIES;
