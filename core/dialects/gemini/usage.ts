import type { Usage } from "../../answer.ts";
import { detailsOf } from "../../_usage_details.ts";
import { isObject, type JsonObject } from "../_json.ts";

/**
 * Token counts as the provider tells them, in every event of one answer.
 *
 * Each report holds the counts so far, so a later number replaces an earlier
 * one and is never added to it (D18); a zero, a `null` or nothing at all
 * replaces none (N7).
 */
export class UsageTally {
  #seen = false;
  #prompt = 0;
  #toolUse = 0;
  #cached = 0;
  #candidates = 0;
  #thoughts = 0;
  #promptDetails: unknown;
  #cacheDetails: unknown;
  #candidatesDetails: unknown;

  /** Takes a `usageMetadata` object; one without counts is ignored. Says whether it had any. */
  add(usage: unknown): boolean {
    if (!isObject(usage)) return false;
    const { promptTokenCount, candidatesTokenCount, totalTokenCount } = usage;
    const counts = [promptTokenCount, candidatesTokenCount, totalTokenCount];
    if (!counts.some(isCount)) return false;
    this.#seen = true;
    this.#prompt = tokens(promptTokenCount) || this.#prompt;
    this.#toolUse = tokens(usage.toolUsePromptTokenCount) || this.#toolUse;
    this.#cached = tokens(usage.cachedContentTokenCount) || this.#cached;
    this.#candidates = tokens(candidatesTokenCount) || this.#candidates;
    this.#thoughts = tokens(usage.thoughtsTokenCount) || this.#thoughts;
    this.#promptDetails = usage.promptTokensDetails ?? this.#promptDetails;
    this.#cacheDetails = usage.cacheTokensDetails ?? this.#cacheDetails;
    this.#candidatesDetails = usage.candidatesTokensDetails ??
      this.#candidatesDetails;
    return true;
  }

  /** Whether the provider tells its counts by kinds, of more than text. */
  get #hasKinds(): boolean {
    return [this.#promptDetails, this.#cacheDetails, this.#candidatesDetails]
      .some((details) => Array.isArray(details) && details.length > 0);
  }

  /** The counts so far; `undefined` where the provider told none. The provider counts thought apart from the answer, we count it in (D19, N3). */
  get usage(): Usage | undefined {
    if (!this.#seen) return undefined;
    const input = this.#prompt + this.#toolUse;
    const output = this.#candidates + this.#thoughts;
    return {
      input,
      cached: Math.min(this.#cached, input),
      cacheWrite: 0,
      cacheWrite1h: 0,
      output,
      reasoning: this.#thoughts,
      total: input + output,
      ...this.#hasKinds && detailsOf({
        audioInput: ofKind(this.#promptDetails, "AUDIO"),
        cachedAudio: ofKind(this.#cacheDetails, "AUDIO"),
        imageInput: ofKind(this.#promptDetails, "IMAGE"),
        cachedImage: ofKind(this.#cacheDetails, "IMAGE"),
        audioOutput: ofKind(this.#candidatesDetails, "AUDIO"),
        imageOutput: ofKind(this.#candidatesDetails, "IMAGE"),
      }),
    };
  }
}

/** How many tokens of a list by kinds are of one kind. */
function ofKind(details: unknown, kind: string): number {
  if (!Array.isArray(details)) return 0;
  let sum = 0;
  for (const detail of details) {
    if (isObject(detail) && detail.modality === kind) {
      sum += tokens(detail.tokenCount);
    }
  }
  return sum;
}

/**
 * Token counts in the provider's terms: thought apart from the answer, what
 * was cached within the prompt (D19). Written to the cache has no word there.
 */
export function encodeUsage(usage: Usage): JsonObject {
  const { input, cached, output, reasoning, total, details = {} } = usage;
  const { audioInput, imageInput, audioOutput, imageOutput } = details;
  const prompt = byKind(input, audioInput, imageInput);
  const answer = byKind(output - reasoning, audioOutput, imageOutput);
  return {
    promptTokenCount: input,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    candidatesTokenCount: output - reasoning,
    ...(reasoning > 0 && { thoughtsTokenCount: reasoning }),
    totalTokenCount: total,
    ...(prompt && { promptTokensDetails: prompt }),
    ...(answer && { candidatesTokensDetails: answer }),
  };
}

/** A count by kinds, where it is not of text alone. */
function byKind(
  all: number,
  audio = 0,
  image = 0,
): readonly JsonObject[] | undefined {
  if (audio + image === 0) return undefined;
  return Object.entries({
    TEXT: all - audio - image,
    AUDIO: audio,
    IMAGE: image,
  })
    .filter(([, tokenCount]) => tokenCount > 0)
    .map(([modality, tokenCount]) => ({ modality, tokenCount }));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function tokens(value: unknown): number {
  return isCount(value) ? value : 0;
}
