import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { assertLinear } from "./_test_linear.ts";
import { PERSONAL_DATA, type PersonalData } from "./personal_data.ts";
import { Redactor } from "./redactor.ts";

const SECRET = "hunter2-and-then-some/more+of=it";

Deno.test("X11: Redactor takes registered values out wherever they stand", () => {
  const redactor = new Redactor([SECRET, "shorty-8"]);
  const cases: [string, string][] = [
    [SECRET, "[redacted]"],
    [`a ${SECRET} b ${SECRET}`, "a [redacted] b [redacted]"],
    [`x${SECRET}shorty-8y`, "x[redacted]y"],
    ["shorty-8", "[redacted]"],
    ["shorty-", "shorty-"],
    ["nothing to see", "nothing to see"],
    ["", ""],
  ];
  for (const [text, expected] of cases) {
    assertEquals(redactor.redact(text), expected);
  }
});

Deno.test("X11: Redactor finds every value at every place, and all of its runs of 12", () => {
  // None of the letters of the text stand in the secrets.
  const around = fc.string({
    unit: fc.constantFrom("a", "b", "ä", " ", '"', "🦀"),
    maxLength: 60,
  });
  const secret = fc.string({
    unit: fc.constantFrom("x", "y", "z", "7", "-", "\u00e9"),
    minLength: 8,
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      around,
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      around,
      (before, secrets, after) => {
        const redactor = new Redactor(secrets);
        for (const value of secrets) {
          assertEquals(
            redactor.redact(before + value + after),
            `${before}[redacted]${after}`,
          );
          const part = value.slice(1, 13);
          const expected = part.length === 12 || secrets.includes(part)
            ? "[redacted]"
            : undefined;
          if (expected) {
            assertEquals(
              redactor.redact(before + part + after),
              before + expected + after,
            );
          }
        }
        assertEquals(redactor.redact(before + after), before + after);
      },
    ),
  );
});

Deno.test("X11: Redactor knows values in JSON, in URLs and in Base64", () => {
  const value = 'pass"word\nwith ünïcode?';
  const redactor = new Redactor([value]);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const spellings = [
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes(value).toBase64(),
    bytes(`u:${value}`).toBase64(),
    bytes(`user:${value}!`).toBase64({ alphabet: "base64url" }),
    bytes(`me:${value}--`).toBase64(),
  ];
  for (const text of spellings) {
    const redacted = redactor.redact(`<${text}>`);
    assert(redacted.includes("[redacted]"), text);
    // What is left of Base64 is what depends on the neighbours.
    assert(redacted.length <= "<[redacted]>".length + 14, redacted);
  }
});

Deno.test("Redactor.remove() takes back one add()", () => {
  const redactor = new Redactor();
  assert(redactor.add(SECRET));
  assert(redactor.add(SECRET));
  redactor.remove(SECRET);
  assertEquals([redactor.size, redactor.redact(SECRET)], [1, "[redacted]"]);
  redactor.remove(SECRET);
  redactor.remove("never-added");
  assertEquals([redactor.size, redactor.redact(SECRET)], [0, SECRET]);
});

Deno.test("Redactor.add() refuses what is short, cuts what is long, throws when full", () => {
  const redactor = new Redactor();
  assert(!redactor.add("seven77"));
  assertEquals(redactor.size, 0);
  const long = Array.from(
    { length: 5_000 },
    (_, at) => String.fromCharCode(0x4e00 + at),
  ).join("");
  assert(redactor.add(long));
  assertEquals(redactor.redact(long), `[redacted]${long.slice(4_096)}`);
  for (let at = 1; at < 256; at++) {
    redactor.add(String.fromCharCode(0x400 + at).repeat(4_096));
  }
  assertThrows(
    () => redactor.add("one-too-many"),
    RangeError,
    "1048576 characters",
  );
  redactor.remove(long);
  assert(redactor.add("one-too-many"));
});

Deno.test("P-18: Redactor strips queries, fragments and user names of URLs", () => {
  const redactor = new Redactor();
  const cases: [string, string][] = [
    ["https://a.example/v1?key=1&b=2", "https://a.example/v1?[redacted]"],
    [
      "(HTTP://a.example:80/?key=1) and more",
      "(HTTP://a.example:80/?[redacted] and more",
    ],
    [
      '{"url":"https://a.example/v1?key=1","b":1}',
      '{"url":"https://a.example/v1?[redacted]","b":1}',
    ],
    [
      '{"text":"\\"https://a.example/?k=1\\""}',
      '{"text":"\\"https://a.example/?[redacted]\\""}',
    ],
    ["https://me:secret@a.example/x@y", "https://[redacted]@a.example/x@y"],
    ["https://me:se@cret@a.example/", "https://[redacted]@a.example/"],
    ["https://a.example/#token=1?x", "https://a.example/#[redacted]"],
    ["https://a.example/v1? next", "https://a.example/v1? next"],
    ["https://a.example/v1", "https://a.example/v1"],
    ["http://a/?b https://c/?d", "http://a/?[redacted] https://c/?[redacted]"],
    ["ftp://a/?b=1 :// ://?x s://?y", "ftp://a/?b=1 :// ://?x s://?y"],
    ["https://a/?next=https://b/?c=d", "https://a/?[redacted]"],
  ];
  for (const [text, expected] of cases) {
    assertEquals(redactor.redact(text), expected);
  }
});

Deno.test("X11: Redactor knows the looks of keys", () => {
  const redactor = new Redactor();
  const cases: [string, string][] = [
    ["key sk-proj-0123456789abcdef, wrong", "key [redacted], wrong"],
    ["sk-ant-api03-AAAA_bbbb-CCCC", "[redacted]"],
    ["Incorrect API key: sk-ab***wxyz", "Incorrect API key: sk-ab***wxyz"],
    [
      "authorization: Bearer abcdef0123456789abc",
      "authorization: Bearer [redacted]",
    ],
    ["bearer abcdef0123456789abc=", "bearer [redacted]"],
    ["Basic dXNlcjpwYXNzd29yZA==", "Basic [redacted]"],
    ["Basic authentication failed", "Basic authentication failed"],
    ["Bearer token missing", "Bearer token missing"],
    ["AIzaSyA0123456789abcdefghijk", "[redacted]"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[redacted]"],
    ["gsk_0123456789abcdef xai-0123456789abcdef", "[redacted] [redacted]"],
    [
      "task-0123456789abcdef and risk-taking-behaviour",
      "task-0123456789abcdef and risk-taking-behaviour",
    ],
  ];
  for (const [text, expected] of cases) {
    assertEquals(redactor.redact(text), expected);
  }
});

Deno.test("X11: Redactor finds runs of 8 of a long value that look drawn at random, and no words", () => {
  const value = "sk-proj-Zu2Rq8TnVw4yBd6FmK9sXc3L";
  const redactor = new Redactor([value, "my-team-password-2024"]);
  for (let at = 8; at + 8 <= value.length; at++) {
    const part = value.slice(at, at + 8);
    assertEquals(redactor.redact(`<${part}>`), "<[redacted]>", part);
  }
  for (const text of ["sk-proj-", "password", "my-team-", "2024-06-"]) {
    assertEquals(redactor.redact(`a ${text} b`), `a ${text} b`);
  }
  const base64 = new TextEncoder().encode(`user:${value}`).toBase64();
  assertEquals(redactor.redact(`<${base64.slice(12, 20)}>`), "<[redacted]>");
});

const PERSONAL: Readonly<Record<PersonalData, readonly [string[], string[]]>> =
  {
    email: [
      ["jane.doe+x@mail.example.org", "a@b.co", "J_D%1@x-y.example"],
      ["@example.org", "jane@", "jane@localhost", "a@b.c", "@@@@", "a@.."],
    ],
    phone: [
      [
        "+49 30 901820",
        "+1 (415) 555-2671",
        "+442079460958",
        "(415) 555-2671",
        "415-555-2671",
        "1-415-555-2671",
        "415.555.2671",
      ],
      ["+1234", "2026-11-23", "115-555-2671", "3.14159265", "x415-555-2671"],
    ],
    card: [
      ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"],
      ["4111 1111 1111 1112", "1795423733123", "41111111111111111111111"],
    ],
    iban: [
      ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
      ["DE88 3704 0044 0532 0130 00", "AB12CD34", "GPT4O2024REQUEST"],
    ],
    ssn: [["078-05-1120"], ["000-12-3456", "123-00-4567", "1078-05-1120"]],
    ipv4: [
      ["192.168.0.1", "255.255.255.255", "10.0.0.1"],
      ["256.1.1.1", "1.2.3", "1.2.3.4.5", "v1.2.3.4"],
    ],
  };

Deno.test("Redactor takes out the data on persons that it is told to, and nothing like it", () => {
  for (const [kind, [yes, no]] of Object.entries(PERSONAL)) {
    const redactor = new Redactor();
    for (const text of yes) {
      assertEquals(redactor.redact(`(${text}), `), `(${text}), `);
    }
    redactor.personal = [kind as PersonalData];
    for (const text of yes) {
      assertEquals(redactor.redact(`: ${text}, `), ": [redacted], ", text);
      assertEquals(redactor.redact(`"${text}"`), '"[redacted]"', text);
    }
    for (const text of no) {
      assertEquals(redactor.redact(`: ${text} `), `: ${text} `);
    }
  }
  const all = new Redactor();
  all.personal = PERSONAL_DATA;
  assertEquals(
    all.redact("jane@x.org 4111 1111 1111 1111 and 10.0.0.1."),
    "[redacted] [redacted] and [redacted].",
  );
  // A line of the log stays one.
  const line =
    '{"ts":"2026-11-23T08:39:13.751Z","status":200,"duration_ms":52.35,"id":"req_493eb55caca247ddb8ec168f46e55e7a"}';
  assertEquals(all.redact(line), line);
});

const MB = 1_000_000;
/** Texts made to be slow to read, each of any length. */
const HOSTILE: readonly string[] = [
  "aaaaaaa ",
  "abababa",
  "https://",
  "http://@",
  "http://a?",
  "sk-sk-sk",
  "sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "Bearer ",
  "Bearer a",
  "eyJeyJ ",
  "://",
  "a@",
  "a@a.",
  "@",
  "1 ",
  "4 ",
  "4-",
  "41111111111111111",
  "+1 (",
  "+1-1.",
  "415-",
  "1.",
  "255.",
  "AB12 ",
  "AB12AB12",
  "078-05-",
  "\u2028",
  "\ud83d\ude00",
  "hunter2-",
  "hunter2-and-then-som",
  "aHVudGVyMi1hbmQt",
];

Deno.test("X12: Redactor reads 10 MB of hostile text, of every kind", () => {
  const redactor = new Redactor(["a".repeat(40), "ab".repeat(20), SECRET]);
  redactor.personal = PERSONAL_DATA;
  const share = 10 * MB / HOSTILE.length;
  const text = HOSTILE.map((unit) => unit.repeat(share / unit.length)).join("");
  const start = performance.now();
  redactor.redact(text);
  const took = performance.now() - start;
  // Half a second on an idle core; quadratic time would be hours.
  assert(took < 20_000, `${took} ms`);
});

Deno.test("X12: Redactor takes time by the length of a text, and not by its square", () => {
  const redactor = new Redactor(["a".repeat(40), "ab".repeat(20), SECRET]);
  redactor.personal = PERSONAL_DATA;
  for (const unit of HOSTILE) {
    const read = (length: number): void =>
      void redactor.redact(unit.repeat(length / unit.length));
    // 16 times as much: 256 times as long where it were quadratic.
    assertLinear(read, {
      sizes: [MB / 64, MB / 4],
      most: 100,
      what: JSON.stringify(unit),
    });
  }
});
