import type { Conversation, Sampling } from "../../conversation.ts";
import { type Encoding, isBlank } from "./_encoding.ts";

/** The provider's default of temperature and top_p, and the highest value of both. */
const DEFAULT = 1;
/** With thinking only top_p from here up is taken. */
const THINKING_TOP_P = 0.95;

/** Encodes sampling as JSON members (O9, C15, A30), each with its comma in front. */
export function encodeSampling(
  { sampling }: Conversation,
  { isThinking, ...encoding }: Encoding & { readonly isThinking: boolean },
): string {
  reportUnknown(sampling, encoding);
  return encodeTemperature(sampling, encoding, isThinking) +
    encodeTopP(sampling, encoding, isThinking) +
    encodeTopK(sampling, encoding, isThinking) +
    encodeStop(sampling, encoding);
}

function encodeTemperature(
  { temperature }: Sampling,
  { losses, provider, traits }: Encoding,
  isThinking: boolean,
): string {
  if (temperature === undefined) return "";
  if (traits.sampling === "none" || isThinking) {
    if (temperature !== DEFAULT) {
      const reason = isThinking ? "excluded by thinking" : provider;
      losses.add("dropped", "temperature", reason);
    }
    return "";
  }
  if (temperature <= DEFAULT) return `,"temperature":${temperature}`;
  losses.add("changed", "temperature", `${DEFAULT} is the highest`);
  return `,"temperature":${DEFAULT}`;
}

function encodeTopP(
  { temperature, topP }: Sampling,
  { losses, provider, traits }: Encoding,
  isThinking: boolean,
): string {
  if (topP === undefined) return "";
  const obstacle = traits.sampling === "none"
    ? provider
    : isThinking && topP < THINKING_TOP_P
    ? "excluded by thinking"
    : traits.sampling === "one" && !isThinking && temperature !== undefined
    ? "excluded by temperature"
    : undefined;
  if (obstacle === undefined) return `,"top_p":${topP}`;
  if (topP !== DEFAULT) losses.add("dropped", "top_p", obstacle);
  return "";
}

function encodeTopK(
  { topK }: Sampling,
  { losses, provider, traits }: Encoding,
  isThinking: boolean,
): string {
  if (topK === undefined) return "";
  if (traits.sampling !== "none" && !isThinking) return `,"top_k":${topK}`;
  const reason = isThinking ? "excluded by thinking" : provider;
  losses.add("dropped", "top_k", reason);
  return "";
}

function encodeStop({ stop }: Sampling, { losses }: Encoding): string {
  if (stop === undefined) return "";
  const kept = stop.filter((sequence) => !isBlank(sequence));
  if (kept.length < stop.length) {
    losses.add("dropped", "stop", "nothing but white space");
  }
  return kept.length === 0 ? "" : `,"stop_sequences":${JSON.stringify(kept)}`;
}

function reportUnknown(sampling: Sampling, encoding: Encoding): void {
  const { losses, provider } = encoding;
  if (sampling.seed !== undefined) losses.add("dropped", "seed", provider);
  if (sampling.presencePenalty) {
    losses.add("dropped", "presence_penalty", provider);
  }
  if (sampling.frequencyPenalty) {
    losses.add("dropped", "frequency_penalty", provider);
  }
}
