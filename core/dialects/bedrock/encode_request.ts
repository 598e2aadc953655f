import type { Conversation } from "../../conversation.ts";
import type { DialectTarget, EncodedRequest } from "../../dialect.ts";
import { CacheMarks } from "../anthropic/_cache_marks.ts";
import { withCachePoints } from "../_cache_points.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import { defaultMaxTokens } from "../anthropic/_models.ts";
import { encodeFormat } from "../anthropic/_output_format.ts";
import { settleSampling } from "../anthropic/_sampling.ts";
import { encodeAdditional, encodeExtras } from "./_additional.ts";
import type { Encoding } from "./_encoding.ts";
import { encodeMessages } from "./_messages.ts";
import { modelPath } from "./_model_path.ts";
import { modelTraits } from "./_models.ts";
import { encodeOutputConfig } from "./_output_config.ts";
import { encodeThinking } from "./_thinking.ts";
import { encodeToolConfig } from "./_tools.ts";

/**
 * Writes a conversation as a request to Converse, or to ConverseStream where a
 * stream is wanted (E).
 *
 * Equal conversations give equal bytes (C19). What the dialect can't carry as
 * it is goes on the target's loss report.
 *
 * @throws {GatewayError} naming the field that can't be carried at all.
 */
export function encodeRequest(
  given: Conversation,
  { model, losses, provider, quirks }: DialectTarget,
): EncodedRequest {
  const traits = modelTraits(model);
  const { cachePoints } = traits;
  const conversation = quirks.cachePoints && cachePoints !== "nowhere"
    ? withCachePoints(given, { tools: cachePoints === "everywhere" })
    : given;
  const { stream, maxOutputTokens } = conversation;
  const cacheMarks = new CacheMarks(conversation, losses);
  const encoding: Encoding = {
    provider,
    traits,
    losses,
    cacheMarks,
    documents: new Set(),
  };
  const extras = encodeExtras(conversation, encoding);
  if (conversation.endUser !== undefined) {
    losses.add("dropped", "user", provider);
  }
  // A Claude gets what it gets anywhere else (C1); others have their own limits.
  const maxTokens = maxOutputTokens ??
    (traits.isClaude ? defaultMaxTokens(traits.claude, stream) : undefined);

  // In the order of the request, which decides on the cache's points.
  const toolConfig = encodeToolConfig(conversation, encoding);
  const { system, turns, loopWithoutThought } = encodeMessages(
    conversation,
    encoding,
  );
  if (turns.length === 0) {
    throw cannotCarry("messages", "send a conversation without content");
  }
  const format = encodeFormat(conversation.output, {
    ...encoding,
    traits: { ...traits.claude, schemas: traits.schemas },
  });
  if (format.instruction !== undefined) {
    system.push(`{"text":${JSON.stringify(format.instruction)}}`);
  }
  const choice = conversation.toolChoice?.type;
  const thinking = encodeThinking(conversation, {
    encoding,
    maxTokens: maxTokens ?? 0,
    isForced: traits.claude.forcedTools &&
      (choice === "required" || choice === "tool"),
    loopWithoutThought,
  });
  const { temperature, topP, topK, stop } = settleSampling(
    conversation.sampling,
    { ...encoding, traits: traits.claude, isThinking: thinking.isOn },
  );
  const inference = JSON.stringify({
    maxTokens,
    temperature,
    topP,
    stopSequences: stop,
  });
  const additional = encodeAdditional(
    { thinking: thinking.members, topK },
    encoding,
  );
  const outputConfig = encodeOutputConfig(conversation.output, {
    schema: format.schema,
    effort: thinking.effort,
  });

  let body = "{";
  if (system.length > 0) body += `"system":[${system.join()}],`;
  if (inference !== "{}") body += `"inferenceConfig":${inference},`;
  if (toolConfig !== undefined) body += `"toolConfig":${toolConfig},`;
  if (outputConfig !== undefined) body += `"outputConfig":${outputConfig},`;
  if (additional !== undefined) {
    body += `"additionalModelRequestFields":${additional},`;
  }
  if (traits.isClaude && stop !== undefined) {
    body += `"additionalModelResponseFieldPaths":["/stop_sequence"],`;
  }
  for (const extra of extras) body += `${extra},`;
  body += `"messages":[${turns.join()}]}`;
  const method = stream ? "/converse-stream" : "/converse";
  return { path: modelPath(model) + method, headers: {}, body };
}
