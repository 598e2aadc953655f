import type { Conversation } from "../../conversation.ts";
import type { DialectTarget, EncodedRequest } from "../../dialect.ts";
import { CacheMarks } from "./_cache_marks.ts";
import { withCachePoints } from "../_cache_points.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Encoding } from "./_encoding.ts";
import { encodeMessages } from "./_messages.ts";
import { defaultMaxTokens, modelTraits } from "./_models.ts";
import { encodeFormat } from "./_output_format.ts";
import { encodeSampling } from "./_sampling.ts";
import { encodeThinking } from "./_thinking.ts";
import { encodeToolChoice, encodeTools, forcesTool } from "./_tools.ts";

const HEADERS = { "anthropic-version": "2023-06-01" };
/** Files of the provider's own store are behind this switch. */
const FILES_BETA = "files-api-2025-04-14";

/**
 * Writes a conversation as a request to the Messages API.
 *
 * Equal conversations give equal bytes (C19). What the dialect can't carry as
 * it is goes on the target's loss report.
 *
 * @throws {GatewayError} naming the field that can't be carried at all.
 */
export function encodeRequest(
  conversation: Conversation,
  target: DialectTarget,
): EncodedRequest {
  const head = `"model":${JSON.stringify(target.model)}`;
  const { body, betas } = encodeBody(conversation, { target, head });
  const headers = betas.length > 0
    ? { ...HEADERS, "anthropic-beta": betas.join() }
    : HEADERS;
  return { path: "/messages", headers, body };
}

/** A request's body, and the features in their trial that it needs. */
export interface EncodedBody {
  readonly body: string;
  readonly betas: readonly string[];
}

/** Writes the body with `head` as its first members: what tells the model, or the version where clouds want it. */
export function encodeBody(
  given: Conversation,
  { target, head }: { readonly target: DialectTarget; readonly head: string },
): EncodedBody {
  const { model, losses, provider } = target;
  const conversation = target.quirks.cachePoints
    ? withCachePoints(given)
    : given;
  const { endUser, stream } = conversation;
  const traits = modelTraits(model);
  const cacheMarks = new CacheMarks(conversation, losses);
  const encoding: Encoding = { provider, traits, losses, cacheMarks };
  for (const field of conversation.unmapped) {
    losses.add("dropped", field, provider);
  }

  const maxTokens = conversation.maxOutputTokens ??
    defaultMaxTokens(traits, stream);
  // In the order of the request, which decides on the cache's breakpoints.
  const tools = encodeTools(conversation, encoding);
  const { system, turns, loopWithoutThought } = encodeMessages(
    conversation,
    encoding,
  );
  if (turns.length === 0) {
    throw cannotCarry("messages", "send a conversation without content");
  }
  const { schema, instruction } = encodeFormat(conversation.output, encoding);
  if (instruction !== undefined) {
    system.push(`{"type":"text","text":${JSON.stringify(instruction)}}`);
  }
  const toolChoice = encodeToolChoice(conversation, encoding);
  const isForced = forcesTool(conversation, encoding);
  const thinking = encodeThinking(conversation, {
    encoding,
    maxTokens,
    isForced,
    loopWithoutThought,
  });
  const { effort } = thinking;

  let body = `{${head},"max_tokens":${maxTokens}`;
  if (stream) body += `,"stream":true`;
  if (system.length > 0) body += `,"system":[${system.join()}]`;
  if (tools.length > 0) body += `,"tools":[${tools.join()}]`;
  if (toolChoice !== undefined) body += `,"tool_choice":${toolChoice}`;
  if (thinking.thinking !== undefined) {
    body += `,"thinking":${thinking.thinking}`;
  }
  if (effort !== undefined || schema !== undefined) {
    const members: string[] = [];
    if (effort !== undefined) members.push(`"effort":"${effort}"`);
    if (schema !== undefined) {
      members.push(`"format":{"type":"json_schema","schema":${schema}}`);
    }
    body += `,"output_config":{${members.join()}}`;
  }
  body += encodeSampling(conversation, {
    ...encoding,
    isThinking: thinking.isOn,
  });
  if (endUser !== undefined) {
    body += `,"metadata":{"user_id":${JSON.stringify(endUser)}}`;
  }
  body += `,"messages":[${turns.join()}]}`;
  return { body, betas: usesFileStore(conversation) ? [FILES_BETA] : [] };
}

function usesFileStore({ messages }: Conversation): boolean {
  return messages.some(({ parts }) =>
    parts.some((part) => part.type === "file" && part.fileId !== undefined)
  );
}
