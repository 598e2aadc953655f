/**
 * What models in use cost by the price table, at one fixed time. The snapshot
 * is in the repository, so that an update of the table is seen as a difference
 * before it is charged by: `deno task prices` shows it and takes it over.
 *
 * @module
 */
import { loadPriceTable } from "@llm-proxy/context";

const FILE = new URL("price_snapshot.json", import.meta.url);
/** Some prices depend on the hour. */
const AT = new Date("2026-01-15T12:00:00Z");

const MODELS: Readonly<Record<string, readonly string[]>> = {
  "https://api.openai.com/v1": [
    "gpt-4.1",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-5",
    "gpt-5-mini",
    "o3",
    "o4-mini",
    "text-embedding-3-small",
  ],
  "https://api.anthropic.com/v1": [
    "claude-haiku-4-5",
    "claude-opus-4-1",
    "claude-opus-4-5",
    "claude-sonnet-4-5",
  ],
  "https://generativelanguage.googleapis.com/v1beta": [
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
    "gemini-2.5-pro",
  ],
  "https://api.deepseek.com/v1": ["deepseek-chat", "deepseek-reasoner"],
  "https://api.mistral.ai/v1": ["mistral-large-latest", "mistral-small-latest"],
  "https://api.groq.com/openai/v1": ["llama-3.3-70b-versatile"],
  "https://api.x.ai/v1": ["grok-4-0709"],
};

/** US dollars for a million tokens by the kind of token; behind "above N" those of longer requests. */
export type PriceSnapshot = Readonly<Record<string, number | null>>;

/** The prices by the table that is installed; `null` where it knows a model no more. */
export async function currentPrices(): Promise<PriceSnapshot> {
  const table = await loadPriceTable();
  const prices: Record<string, number | null> = {};
  for (const [address, models] of Object.entries(MODELS)) {
    for (const model of models) {
      const name = `${new URL(address).host} ${model}`;
      const terms = table.find({ address, model, at: AT })?.terms;
      if (terms === undefined) {
        prices[name] = null;
        continue;
      }
      for (const [kind, rate] of Object.entries(terms.rates)) {
        prices[`${name} ${kind}`] = rate;
      }
      for (const { above, rates } of terms.tiers ?? []) {
        for (const [kind, rate] of Object.entries(rates)) {
          prices[`${name} above ${above} ${kind}`] = rate;
        }
      }
    }
  }
  return prices;
}

/** The prices that were looked at. */
export async function knownPrices(): Promise<PriceSnapshot> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** What differs, a line each. */
export function priceChanges(from: PriceSnapshot, to: PriceSnapshot): string[] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].toSorted()
    .filter((name) => from[name] !== to[name])
    .map((name) => `${name}: ${from[name] ?? "none"} → ${to[name] ?? "none"}`);
}

if (import.meta.main) {
  const current = await currentPrices();
  const lines = priceChanges(await knownPrices(), current);
  Deno.stdout.writeSync(new TextEncoder().encode(`${lines.join("\n")}\n`));
  await Deno.writeTextFile(FILE, `${JSON.stringify(current, null, 2)}\n`);
}
