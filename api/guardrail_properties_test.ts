import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { Mask, Unmasking } from "./_guard_mask.ts";
import {
  compilePatterns,
  loadPatterns,
  patternFault,
  PatternScan,
  WholePatternScan,
} from "./_guard_patterns.ts";
import { PhraseList, PhraseScan } from "./_guard_phrases.ts";
import { GuardrailError, type TextScan } from "./_guard_scan.ts";
import { PII_KINDS } from "./_config_guardrail_section.ts";

const refusal = () => new GuardrailError("g", "answer");
const phrases = (list: readonly string[], wholeWords = true) => {
  const made = new PhraseList(list);
  return () => new PhraseScan({ list: made, wholeWords, refusal });
};

/** What is told of a text that comes in pieces, and whether it is refused. */
function run(
  scan: TextScan,
  pieces: readonly string[],
): { told: string; isRefused: boolean } {
  const text = pieces.join("");
  let cleared = 0;
  try {
    for (const piece of pieces) cleared = scan.take(piece);
    scan.end();
    return { told: text, isRefused: false };
  } catch (error) {
    assert(error instanceof GuardrailError, String(error));
    return { told: text.slice(0, cleared), isRefused: true };
  }
}

function isRefused(scan: TextScan, text: string): boolean {
  return run(scan, [text]).isRefused;
}

/** Cuts a text at places that may lie within pairs of surrogates. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))]
    .sort((a, b) => a - b);
  return [0, ...at].map((from, index) => text.slice(from, at[index]));
}

Deno.test("PhraseScan finds phrases whatever their case, accents, width and white space", () => {
  const scan = phrases(["Projet Élan", "straße", "禁止", "c++"]);
  for (
    const text of [
      "the PROJET  élan it is",
      "projet\n\te\u0301lan",
      "ＰＲＯＪＥＴ élan.",
      "pro\u200bjet elan",
      "in der STRASSE",
      "これは禁止です",
      "I like c++!",
      "𝓅𝓇𝑜𝒿𝑒𝓉 𝕖𝕝𝕒𝕟",
      "ⓟⓡⓞⓙⓔⓣ élan",
      "p\u00adr\u2060o\u034fj\ufe0fe\u{e0065}t\u00a0\u2003\u3000élan",
      "pro\u3164jet\u115f e\u0301\u0301\u0301lan",
      "pro\0jet\u0007 élan",
      "projet\u2028élan",
      "\u202eprojet\u202c élan",
    ]
  ) assert(isRefused(scan(), text), text);
  for (const text of ["projet elans", "Bundesstraße", "projet", "", "xc++"]) {
    assert(!isRefused(scan(), text), text);
  }
  assert(isRefused(phrases(["ass"], false)(), "class"));
});

Deno.test("PhraseScan tells at once what begins no phrase", () => {
  const scan = phrases(["secret plan"])();
  assertEquals(scan.take("Hello there, "), 13);
  assertEquals(scan.take("sec"), 13);
  assertEquals(scan.take("ond"), 19);
});

Deno.test("a text cut anywhere is refused as it is whole, and nothing refused is told", async () => {
  await loadPatterns();
  const words = fc.constantFrom(
    "secret",
    " ",
    "plan",
    "s",
    "É",
    "e\u0301",
    "😀",
    "ab",
    "c1",
    "\n",
    "SECRET",
    "ﬁ",
  );
  const patterns = compilePatterns([
    "(?i)secret\\b",
    "ab+c\\d$",
    "^plan",
    "a.*?9",
    "x{3}",
  ]);
  const scans: (() => TextScan)[] = [
    phrases(["secret plan", "fi", "éé", "😀s"]),
    phrases(["splan", "abc", "plan plan"], false),
    () => new PatternScan({ patterns, window: 16, refusal }),
  ];
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 60 }),
      fc.array(fc.nat(400), { maxLength: 30 }),
      (list, places) => {
        const text = list.join("");
        for (const begin of scans) {
          const whole = run(begin(), [text]);
          const pieces = run(begin(), cut(text, places));
          assertEquals(pieces.isRefused, whole.isRefused);
          const single = run(begin(), [...text]);
          assertEquals(single.isRefused, whole.isRefused);
          if (!whole.isRefused) continue;
          assert(text.startsWith(pieces.told));
          if (begin !== scans[0]) continue;
          // What was told before holds nothing that is refused: with a letter
          // more, as a phrase may end there but in the middle of a word.
          const told = text.slice(0, pieces.told.length + 1);
          assert(!isRefused(phrases(["secret plan"])(), told), told);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("PatternScan holds back a window and refuses before any of a match is told", async () => {
  await loadPatterns();
  const patterns = compilePatterns(["TICKET-\\d{6}"]);
  const text = `${"x".repeat(1000)} TICKET-123456 ${"y".repeat(1000)}`;
  for (const size of [1, 7, 100, 5000]) {
    const pieces = text.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
    const scan = new PatternScan({ patterns, window: 64, refusal });
    const { told, isRefused } = run(scan, pieces);
    assert(isRefused);
    assert(!told.includes("T"), told.slice(-20));
  }
});

Deno.test("WholePatternScan finds matches of any length, at edges too, and none that are empty", async () => {
  await loadPatterns();
  const refused = (pattern: string, text: string): boolean => {
    const patterns = compilePatterns([pattern]);
    return isRefused(new WholePatternScan({ patterns, refusal }), text);
  };
  assert(refused("BEGIN[^;]*END", `BEGIN${"x".repeat(50_000)}END`));
  assert(refused("^abc$", "abc"));
  assert(refused("x*", "aaax"));
  assert(!refused("x*", "aaa"));
  // It would take the square of this to look on from each.
  assert(refused("(?:a*c)?", "a".repeat(20_000)));
  assert(!refused("^abc$", "abcd"));
  assert(!refused("a", ""));
});

Deno.test("patternFault() says why RE2 refuses a pattern, and nothing else", async () => {
  await loadPatterns();
  assertEquals(patternFault("a+b"), undefined);
  assert(patternFault("(?<=a)b") !== undefined);
  assert(patternFault("(a)\\1") !== undefined);
  assertEquals(patternFault("(?:a*c)?"), "it fits every text");
});

const KINDS = [...PII_KINDS];

Deno.test("Mask.mask() finds what it should, and checks digits", () => {
  const mask = new Mask([]);
  assertEquals(
    mask.mask(
      "ann@example.com 4111 1111 1111 1111 4111 1111 1111 1112 DE89 3704 0044 0532 0130 00 " +
        "192.168.0.1 2001:db8::1 +49 30 901820; (555) x 415-555-2671 sk-abcdefghijklmnop1234 12:30:45 ann@example.com",
      KINDS,
    ),
    "[EMAIL_1] [CARD_1] 4111 1111 1111 1112 [IBAN_1] " +
      "[IP_1] [IP_2] [PHONE_1]; (555) x [PHONE_2] [KEY_1] 12:30:45 [EMAIL_1]",
  );
  for (
    const plain of [
      "1.2.3",
      "2024-01-02",
      "v1.2.3.4.5",
      "a@b",
      "id 1234567",
      "01/02/2024",
      "03.04.24",
    ]
  ) {
    assertEquals(mask.mask(plain, KINDS), plain);
  }
});

const personal = fc.oneof(
  fc.constantFrom(
    "ann@example.com",
    "+49 30 901820",
    "4111111111111111",
    "DE89370400440532013000",
    "10.0.0.1",
    "AKIAABCDEFGHIJKLMNOP",
    "[EMAIL_1]",
    "[PHONE_2]",
    "[EMAIL_",
    "[",
    "]",
  ),
  fc.string({ maxLength: 12 }),
);

Deno.test("masking and then unmasking is the identity, in pieces as well", () => {
  fc.assert(
    fc.property(
      fc.array(personal, { maxLength: 12 }),
      fc.array(fc.nat(300), { maxLength: 20 }),
      (list, places) => {
        const text = list.join(" ");
        const mask = new Mask([text]);
        const masked = mask.mask(text, KINDS);
        assertEquals(mask.unmask(masked), text);
        const unmasking = new Unmasking(mask);
        let told = "";
        for (const piece of cut(masked, places)) told += unmasking.take(piece);
        assertEquals(told + unmasking.end(), text);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("X12: hostile texts are looked through in linear time", async () => {
  await loadPatterns();
  const patterns = compilePatterns(["(a+)+$", "(a|aa)*c"]);
  const scans: [string, (text: string) => void][] = [
    ["phrases", (text) => {
      const scan = phrases(["aaaaaaaaab", "aaaa c"])();
      scan.take(text);
      scan.end();
    }],
    ["mask", (text) => void new Mask([text]).mask(text, KINDS)],
    ["patterns", (text) => {
      const scan = new PatternScan({ patterns, window: 64, refusal });
      try {
        scan.take(text);
        scan.end();
      } catch (error) {
        assert(error instanceof GuardrailError);
      }
    }],
  ];
  const hostile = ["a", "1 ", "a@", "a.", ":0", "+1", "(0", "[EMAIL_", "A1 "];
  for (const [name, look] of scans) {
    for (const unit of hostile) {
      // What is quadratic never ends.
      const size = name === "patterns" ? 300_000 : 2_000_000;
      const text = unit.repeat(Math.ceil(size / unit.length));
      const begin = performance.now();
      look(text);
      const seconds = (performance.now() - begin) / 1000;
      assert(seconds < 20, `${name} of ${unit}: ${seconds} s`);
    }
  }
});
