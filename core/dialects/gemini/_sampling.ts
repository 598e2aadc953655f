import type { Conversation } from "../../conversation.ts";
import type { Encoding } from "./_encoding.ts";

/** How many stop sequences the provider takes. */
const MAX_STOPS = 5;

/** Encodes limit, sampling and penalties as members of `generationConfig` (O8, O9, A30). */
export function encodeSampling(
  { maxOutputTokens, sampling }: Conversation,
  encoding: Encoding,
): readonly string[] {
  const numbers: readonly (readonly [string, number | undefined])[] = [
    ["maxOutputTokens", maxOutputTokens],
    ["temperature", sampling.temperature],
    ["topP", sampling.topP],
    ["topK", sampling.topK],
    ["presencePenalty", sampling.presencePenalty],
    ["frequencyPenalty", sampling.frequencyPenalty],
    ["seed", seedOf(sampling.seed, encoding)],
  ];
  const members: string[] = [];
  for (const [name, value] of numbers) {
    if (value !== undefined) members.push(`"${name}":${value}`);
  }
  const stop = stopsOf(sampling.stop, encoding);
  if (stop.length > 0) members.push(`"stopSequences":${JSON.stringify(stop)}`);
  return members;
}

/** The provider's seed has 32 bits. */
function seedOf(
  seed: number | undefined,
  { losses, provider }: Encoding,
): number | undefined {
  if (seed === undefined || seed === (seed | 0)) return seed;
  losses.add("dropped", "seed", `${provider}: over 32 bits`);
  return undefined;
}

function stopsOf(
  stop: readonly string[] = [],
  { losses }: Encoding,
): readonly string[] {
  const kept = stop.filter((sequence) => sequence !== "");
  if (kept.length <= MAX_STOPS) return kept;
  losses.add("changed", "stop", `the first ${MAX_STOPS} are kept`);
  return kept.slice(0, MAX_STOPS);
}
