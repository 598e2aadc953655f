import {
  type CacheEntry,
  cacheKey,
  type SemanticMatch,
} from "@llm-proxy/context";
import type { KeptAnswer } from "./answer_flight.ts";
import type { Question } from "./_answer_key.ts";
import type { SemanticPolicy } from "./_cache_policies.ts";
import { embedText } from "./_embed_text.ts";
import type { RequestContext } from "./endpoints.ts";
import type { KeptAnswers } from "./kept_answers.ts";

/** A question whose answer is to be found by others that mean the same. */
export interface AskedQuestion extends Question {
  readonly vector: readonly number[];
}

/** An answer to another question. */
export interface NearAnswer {
  readonly entry: CacheEntry<KeptAnswer>;
  readonly similarity: number;
}

/** What was found out about a question. */
export interface LookedUp {
  /** The question, where its vector could be made. */
  readonly asked?: AskedQuestion;
  /** What answers it; absent where nothing is near enough. */
  readonly near?: NearAnswer;
}

/** What a question is looked up by. */
export interface LookUpOptions {
  readonly kept: KeptAnswers;
  readonly question: Question;
  readonly policy: SemanticPolicy;
  readonly maxAgeMs: number;
}

/** Looks for the answer to a question that means nearly the same. Never rejects. */
export async function lookUpByMeaning(
  context: RequestContext,
  { kept, question, policy, maxAgeMs }: LookUpOptions,
): Promise<LookedUp> {
  const { text, partition } = question;
  try {
    const vector = await kept.vectors.run(
      cacheKey([partition, text]),
      (signal) => embedText(context, { text, ...policy, signal }),
      { signal: context.exchange.signal },
    );
    if (vector === undefined) return {};
    const asked = { ...question, vector };
    const match = await kept.semantic.search({ partition, vector });
    const entry = await entryOf(kept, match, policy);
    return match === undefined || entry === undefined || entry.ageMs > maxAgeMs
      ? { asked }
      : { asked, near: { entry, similarity: match.similarity } };
  } catch (cause) {
    if (context.exchange.signal.aborted) return {};
    context.gateway.logger.warn("a question's meaning was not found", {
      cause,
    });
    return {};
  }
}

/**
 * Looks for it as {@linkcode lookUpByMeaning} does, and logs what would have
 * been answered; no words of it.
 */
export async function rehearse(
  context: RequestContext,
  options: LookUpOptions,
): Promise<AskedQuestion | undefined> {
  const { gateway, record } = context;
  const { asked, near } = await lookUpByMeaning(context, options);
  if (near !== undefined) {
    const { entry: { value, ageMs }, similarity } = near;
    gateway.logger.info("semantic cache dry run", {
      request_id: record.id,
      similarity,
      answer: value.answer.id,
      provider: value.provider,
      model: value.model,
      age_ms: ageMs,
      saved_input_tokens: value.answer.usage?.input,
      saved_output_tokens: value.answer.usage?.output,
    });
  }
  return asked;
}

async function entryOf(
  { cache }: KeptAnswers,
  match: SemanticMatch | undefined,
  { threshold }: SemanticPolicy,
): Promise<CacheEntry<KeptAnswer> | undefined> {
  if (match === undefined || match.similarity < threshold) return undefined;
  const entry = await cache.get(match.key);
  // What is stale is renewed by its own question, not by another.
  return entry?.isStale ? undefined : entry;
}
