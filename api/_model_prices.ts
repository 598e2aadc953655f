import type { PriceBook, PriceRates, PriceTerms } from "@llm-proxy/context";
import type { Config } from "./config_types.ts";
import type { ModelPrices } from "./config_types_model.ts";

/** Puts the config's prices into a price book. */
export function setConfigPrices(
  prices: PriceBook,
  { providers }: Pick<Config, "providers">,
): void {
  for (const { name, models = [] } of providers) {
    for (const model of models) {
      if (model.prices === undefined) continue;
      prices.set(name, model.name, termsOf(model.prices));
    }
  }
}

/** The config's prices in the library's words. Their version is what they are: it changes with them. */
function termsOf(prices: ModelPrices): PriceTerms {
  return {
    rates: ratesOf(prices),
    tiers: prices.long_context?.map(({ above, ...rates }) => ({
      above,
      rates: ratesOf(rates),
    })),
    factors: prices.service_tiers,
    source: "config",
    version: versionOf(prices),
  };
}

function ratesOf(prices: ModelPrices): PriceRates {
  return {
    input: prices.input,
    output: prices.output,
    cachedInput: prices.cached_input,
    cacheWrite: prices.cache_write,
    cacheWrite1h: prices.cache_write_1h,
    reasoning: prices.reasoning,
    audioInput: prices.audio_input,
    audioOutput: prices.audio_output,
    imageInput: prices.image_input,
    imageOutput: prices.image_output,
    webSearch: prices.web_search,
    request: prices.request,
  };
}

function versionOf({ input, output, ...rest }: ModelPrices): string {
  const more = Object.keys(rest).length > 0 ? JSON.stringify(rest) : "";
  const text = `${input}/${output}${more}`;
  return text.length <= 40 ? text : `${input}/${output} ${hash(text)}`;
}

/** Tells versions apart for people; nothing depends on it. */
function hash(text: string): string {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  }
  return (sum >>> 0).toString(16);
}
