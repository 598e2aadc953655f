import type { Conversation, Sampling } from "../../conversation.ts";
import { type Encoding, isBlank } from "./_encoding.ts";

/** The provider's default of temperature and top_p, and the highest value of both. */
const DEFAULT = 1;
/** With thinking only top_p from here up is taken. */
const THINKING_TOP_P = 0.95;

/** Encodes sampling as JSON members, each with its comma in front. */
export function encodeSampling(
  { sampling }: Conversation,
  encoding: SamplingEncoding,
): string {
  const { temperature, topP, topK, stop } = settleSampling(sampling, encoding);
  return (temperature === undefined ? "" : `,"temperature":${temperature}`) +
    (topP === undefined ? "" : `,"top_p":${topP}`) +
    (topK === undefined ? "" : `,"top_k":${topK}`) +
    (stop === undefined ? "" : `,"stop_sequences":${JSON.stringify(stop)}`);
}

/** What of the sampling the model takes (O9, C15, A30); the rest goes on the report. */
export function settleSampling(
  sampling: Sampling,
  encoding: SamplingEncoding,
): Settled {
  reportUnknown(sampling, encoding);
  return {
    temperature: settleTemperature(sampling, encoding),
    topP: settleTopP(sampling, encoding),
    topK: settleTopK(sampling, encoding),
    stop: settleStop(sampling, encoding),
  };
}

/** What decides on sampling besides what was asked. */
export interface SamplingEncoding
  extends Pick<Encoding, "losses" | "provider" | "traits"> {
  readonly isThinking: boolean;
}

/** The sampling that is sent. */
interface Settled {
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly stop: readonly string[] | undefined;
}

function settleTemperature(
  { temperature }: Sampling,
  { losses, provider, traits, isThinking }: SamplingEncoding,
): number | undefined {
  if (temperature === undefined) return undefined;
  if (traits.sampling === "none" || isThinking) {
    if (temperature !== DEFAULT) {
      const reason = isThinking ? "excluded by thinking" : provider;
      losses.add("dropped", "temperature", reason);
    }
    return undefined;
  }
  if (temperature <= DEFAULT) return temperature;
  losses.add("changed", "temperature", `${DEFAULT} is the highest`);
  return DEFAULT;
}

function settleTopP(
  { temperature, topP }: Sampling,
  { losses, provider, traits, isThinking }: SamplingEncoding,
): number | undefined {
  if (topP === undefined) return undefined;
  const obstacle = traits.sampling === "none"
    ? provider
    : isThinking && topP < THINKING_TOP_P
    ? "excluded by thinking"
    : traits.sampling === "one" && !isThinking && temperature !== undefined
    ? "excluded by temperature"
    : undefined;
  if (obstacle === undefined) return topP;
  if (topP !== DEFAULT) losses.add("dropped", "top_p", obstacle);
  return undefined;
}

function settleTopK(
  { topK }: Sampling,
  { losses, provider, traits, isThinking }: SamplingEncoding,
): number | undefined {
  if (topK === undefined) return undefined;
  if (traits.sampling !== "none" && !isThinking) return topK;
  const reason = isThinking ? "excluded by thinking" : provider;
  losses.add("dropped", "top_k", reason);
  return undefined;
}

function settleStop(
  { stop }: Sampling,
  { losses }: SamplingEncoding,
): readonly string[] | undefined {
  if (stop === undefined) return undefined;
  const kept = stop.filter((sequence) => !isBlank(sequence));
  if (kept.length < stop.length) {
    losses.add("dropped", "stop", "nothing but white space");
  }
  return kept.length === 0 ? undefined : kept;
}

function reportUnknown(sampling: Sampling, encoding: SamplingEncoding): void {
  const { losses, provider } = encoding;
  if (sampling.seed !== undefined) losses.add("dropped", "seed", provider);
  if (sampling.presencePenalty) {
    losses.add("dropped", "presence_penalty", provider);
  }
  if (sampling.frequencyPenalty) {
    losses.add("dropped", "frequency_penalty", provider);
  }
}
