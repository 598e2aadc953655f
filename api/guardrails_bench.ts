// What guardrails cost: for a megabyte of a request, and for a piece of a stream.
import type { AnswerEvent } from "@llm-proxy/core";
import { PII_KINDS } from "./_config_guardrail_section.ts";
import { AnswerGuard } from "./_guard_answer.ts";
import { Mask } from "./_guard_mask.ts";
import {
  compilePatterns,
  loadPatterns,
  PatternScan,
} from "./_guard_patterns.ts";
import { PhraseList, PhraseScan } from "./_guard_phrases.ts";
import { GuardrailError } from "./_guard_scan.ts";

const WORDS =
  "The quick brown fox, born 12.03.1999, jumps over 13 lazy dogs; ask ann@example.com. ";
const MEGABYTE = WORDS.repeat(Math.ceil(1_000_000 / WORDS.length));
const PIECES = WORDS.match(/.{1,6}/g) ?? [];
const refusal = (): GuardrailError => new GuardrailError("g", "answer");
const list = new PhraseList(
  Array.from({ length: 1_000 }, (_, n) => `secret project number ${n}`),
);
await loadPatterns();
const patterns = compilePatterns(["TICKET-\\d{6}", "(?i)falcon[ -]\\w+"]);

const phrases = (): PhraseScan =>
  new PhraseScan({ list, wholeWords: true, refusal });
const matches = (): PatternScan =>
  new PatternScan({ patterns, window: 128, refusal });

Deno.bench("1,000 phrases in 1 MB", () => {
  const scan = phrases();
  scan.take(MEGABYTE);
  scan.end();
});
Deno.bench("2 patterns in 1 MB", () => {
  const scan = matches();
  scan.take(MEGABYTE);
  scan.end();
});
Deno.bench("personal data of 1 MB", () => {
  new Mask([MEGABYTE]).mask(MEGABYTE, PII_KINDS);
});

const mask = new Mask([WORDS]);
mask.mask(WORDS, PII_KINDS);
const start: AnswerEvent = { type: "part_start", part: 0, kind: "text" };
const deltas = Array.from(
  { length: 100 },
  (_, n): AnswerEvent => ({
    type: "part_delta",
    part: 0,
    text: PIECES[n % PIECES.length] ?? "",
  }),
);

for (
  const [name, scans] of [
    ["placeholders", []],
    ["placeholders and phrases", [phrases]],
    ["placeholders, phrases and patterns", [phrases, matches]],
  ] as const
) {
  Deno.bench(`a stream of 100 pieces: ${name}`, () => {
    const guard = new AnswerGuard({
      scans,
      mask,
      tooLong: () => new Error("Too long"),
    });
    guard.push(start);
    for (const delta of deltas) guard.push(delta);
    guard.push({ type: "part_end", part: 0 });
  });
}
