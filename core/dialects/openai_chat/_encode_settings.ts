import type { Conversation } from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import { thinksAlways } from "./_encode_effort.ts";
import { isJsonObject } from "./_decode_node.ts";
import type { MutableJson } from "./_pass_json.ts";

/** How many stop sequences the provider takes. */
const MAX_STOPS = 4;

/** What says no more than saying nothing. */
const DEFAULTS: ReadonlyMap<string, number> = new Map([
  ["temperature", 1],
  ["top_p", 1],
  ["presence_penalty", 0],
  ["frequency_penalty", 0],
]);

/** The provider's own fields that other dialects may give in `extras`, with what they may be. */
const EXTRAS: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["metadata", isJsonObject],
  ["logit_bias", isJsonObject],
  ["store", isBoolean],
  ["service_tier", isText],
  ["verbosity", isText],
  ["prompt_cache_key", isText],
]);

/** Encodes limit, sampling and penalties (A30, O8, O9). */
export function encodeSampling(
  conversation: Conversation,
  target: DialectTarget,
): MutableJson {
  const { maxOutputTokens, sampling } = conversation;
  const settings: MutableJson = {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
    stop: encodeStop(sampling.stop, target),
  };
  if (thinksAlways(conversation, target)) {
    for (const [name, value] of Object.entries(settings)) {
      if (value === undefined) continue;
      settings[name] = undefined;
      if (value !== DEFAULTS.get(name)) {
        target.losses.add("dropped", name, "this model thinks");
      }
    }
  }
  return {
    max_completion_tokens: maxOutputTokens,
    ...settings,
    seed: sampling.seed,
  };
}

function encodeStop(
  stop: readonly string[] = [],
  { losses }: DialectTarget,
): readonly string[] | undefined {
  const kept = stop.filter((sequence) => sequence !== "");
  if (kept.length > MAX_STOPS) {
    losses.add("changed", "stop", `the first ${MAX_STOPS} are kept`);
  }
  return kept.length === 0 ? undefined : kept.slice(0, MAX_STOPS);
}

/** Fields that the vocabulary has no word for: the provider's own go on, the rest is lost (A25, A27). */
export function encodeExtras(
  { unmapped, extras }: Conversation,
  { losses, provider }: DialectTarget,
): MutableJson {
  const members: MutableJson = {};
  for (const field of unmapped) {
    const value = extras?.get(field);
    if (EXTRAS.get(field)?.(value)) members[field] = value;
    else losses.add("dropped", field, provider);
  }
  return members;
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}
