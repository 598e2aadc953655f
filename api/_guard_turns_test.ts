import { parseJsonDocument } from "@llm-proxy/core";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import fc from "fast-check";
import { Mask } from "./_guard_mask.ts";
import {
  compilePatterns,
  loadPatterns,
  WholePatternScan,
} from "./_guard_patterns.ts";
import { PII_KINDS } from "./_config_guardrail_section.ts";
import { PhraseList, PhraseScan } from "./_guard_phrases.ts";
import { GuardrailError } from "./_guard_scan.ts";
import { requestTexts } from "./_guard_texts.ts";
import { maskTexts, scanTexts } from "./_guard_turns.ts";
import { Turns } from "./_turns.ts";

const STEP = 65_536;
const turns = new Turns(new AbortController().signal);
const refusal = (): GuardrailError => new GuardrailError("g", "request");

/** Words enough that what follows stands near the end of a step. */
function upTo(place: number): string {
  return "many words ".repeat(place / 11 + 1).slice(0, Math.max(0, place));
}

const DATA = [
  "ann@example.com",
  "+49 30 901820",
  "4111 1111 1111 1111",
  "DE89 3704 0044 0532 0130 00",
  "10.0.0.1",
  "AKIAABCDEFGHIJKLMNOP",
  "😀jörg@müller.de",
  `eyJ${"a".repeat(1_900)}.eyJ${"b".repeat(3_900)}.${"c".repeat(1_900)}`,
  "12345678901234567890",
];

Deno.test("L11: a long text is masked in turns as it is in one piece, wherever its data stands", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.constantFrom(...DATA),
          fc.integer({ min: -60, max: 20 }),
          fc.constantFrom(" ", "😀", "x", "-"),
        ),
        { minLength: 2, maxLength: 4 },
      ),
      async (list) => {
        let text = "";
        list.forEach(([data, offset, before], at) => {
          text += upTo((at + 1) * STEP + offset - text.length);
          text += before + data;
        });
        text += upTo(40_000);
        const kinds = [...PII_KINDS];
        assertEquals(
          await new Mask([text]).maskInTurns(text, { kinds, turns }),
          new Mask([text]).mask(text, kinds),
        );
      },
    ),
    { numRuns: 25 },
  );
});

Deno.test("L11: a long request is masked as a short one is, and all else stays as it was", async () => {
  const long = upTo(STEP * 20);
  const request = (email: string): string =>
    `{"n":1.0, "messages":[{"role":"user","content":"${long} ${email} \\n"},{"role":"user","content":"${email}"}],"seed":9007199254740993}`;
  const read = (text: string) =>
    parseJsonDocument(new TextEncoder().encode(text));
  const document = read(request("ann@example.com"));
  const texts = requestTexts(document);
  const mask = new Mask(texts);
  const masked = await maskTexts(document, {
    texts,
    mask,
    kinds: ["email"],
    turns,
  });
  assertEquals(masked, read(request("[EMAIL_1]")));
  const plain = read(request("nobody"));
  const options = { texts: requestTexts(plain), mask, turns };
  assertStrictEquals(
    await maskTexts(plain, { ...options, kinds: ["email"] }),
    plain,
  );
});

Deno.test("L11: patterns are found in a long text as in a short one, wherever they stand", async () => {
  await loadPatterns();
  const finds = async (pattern: string, text: string): Promise<boolean> => {
    const patterns = compilePatterns([pattern]);
    const begin = () => new WholePatternScan({ patterns, refusal });
    try {
      await scanTexts([text], { begin, turns });
      return false;
    } catch (error) {
      assert(error instanceof GuardrailError);
      return true;
    }
  };
  for (const offset of [-9, -3, -1, 0, 1, 40_000]) {
    const text = upTo(STEP + offset);
    const long = upTo(2 * STEP);
    assert(await finds("\\bTICKET-\\d{6}\\b", `${text} TICKET-123456 ${long}`));
    assert(
      await finds(
        "TICKET T+\\b",
        `${text}TICKET ${"T".repeat(20_000)} ${long}`,
      ),
    );
    assert(!await finds("\\bTICKET\\b", `${text}xTICKET ${long}`));
    assert(!await finds("^many", ` ${text}many ${long}`));
    assert(!await finds("words$", `${text}${long}. `));
    assert(await finds("end$", `${text}${long} end`));
  }
});

Deno.test("L11: phrases are found in a long text, across its pieces", async () => {
  const list = new PhraseList(["project falcon"]);
  const begin = () => new PhraseScan({ list, wholeWords: true, refusal });
  for (let offset = -15; offset < 2; offset++) {
    const text = `${upTo(STEP + offset)} Project  FALCON ${upTo(STEP)}`;
    await assertRejects(
      () => scanTexts([text], { begin, turns }),
      GuardrailError,
    );
  }
  await scanTexts([upTo(3 * STEP)], { begin, turns });
});

Deno.test("L11: who leaves ends the work", async () => {
  const leaving = new AbortController();
  const own = new Turns(leaving.signal);
  leaving.abort(new Error("left"));
  await new Promise((resolve) => setTimeout(resolve, 15));
  const list = new PhraseList(["a"]);
  const begin = () => new PhraseScan({ list, wholeWords: true, refusal });
  await assertRejects(
    () => scanTexts([upTo(STEP * 2)], { begin, turns: own }),
    Error,
    "left",
  );
});
