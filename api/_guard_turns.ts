import { type JsonDocument, parseLargeJson } from "@llm-proxy/core";
import type { PiiKind } from "./config_types_guardrails.ts";
import type { Mask } from "./_guard_mask.ts";
import { editRequestTexts, mapRequestTexts } from "./_guard_texts.ts";
import type { BeginScan } from "./guardrail_policy.ts";
import type { Turns } from "./_turns.ts";

/** Texts that are shorter in all are looked at in one go, in UTF-16 units. */
const SHORT = 65_536;

/**
 * Looks through texts, piece by piece where they are long.
 *
 * @throws {GuardrailError} when one holds what it must not.
 */
export async function scanTexts(
  texts: readonly string[],
  { begin, turns }: { readonly begin: BeginScan; readonly turns: Turns },
): Promise<void> {
  for (const text of texts) {
    const scan = begin();
    if (text.length > SHORT && scan.takeWhole !== undefined) {
      await scan.takeWhole(text, turns);
      continue;
    }
    for (let at = 0; at < text.length; at += SHORT) {
      scan.take(text.length <= SHORT ? text : text.slice(at, at + SHORT));
      const pause = turns.breathe();
      if (pause !== undefined) await pause;
    }
    scan.end();
  }
}

/** Puts placeholders in the place of a request's personal data. */
export async function maskTexts(
  document: JsonDocument,
  { texts, mask, kinds, turns }: {
    /** All of its texts, those included that are not changed. */
    readonly texts: readonly string[];
    readonly mask: Mask;
    readonly kinds: readonly PiiKind[];
    readonly turns: Turns;
  },
): Promise<JsonDocument> {
  if (texts.reduce((sum, { length }) => sum + length, 0) <= SHORT) {
    return mapRequestTexts(document, (text) => mask.mask(text, kinds));
  }
  const masked = new Map<string, string>();
  editRequestTexts(document, (text) => {
    masked.set(text, text);
    return text;
  });
  for (const text of masked.keys()) {
    masked.set(text, await mask.maskInTurns(text, { kinds, turns }));
    const pause = turns.breathe();
    if (pause !== undefined) await pause;
  }
  const edited = editRequestTexts(
    document,
    (text) => masked.get(text) ?? text,
  );
  if (edited === undefined) return document;
  await turns.breathe();
  return await parseLargeJson(new TextEncoder().encode(edited), {
    pause: async () => await turns.breathe(),
  });
}
