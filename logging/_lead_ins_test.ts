import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { findKeys } from "./_key_shapes.ts";
import { hasLeadIn } from "./_lead_ins.ts";
import { Redactor } from "./redactor.ts";
import { findUrlSecrets } from "./_url_queries.ts";

const STARTS = [
  ..."sk- gsk_ xai- pplx- nvapi- hf_ r8_ ghp_ AIza ya29. eyJ".split(" "),
  ...["Bearer ", "bearer ", "BEARER ", "Basic ", "BEArer ", "basic "],
  ...["http://", "HTTPS://", "hTtp://", "ftp://", "https:/"],
];

/** Beginnings of keys and URLs, whole and cut, among what stands around and behind them. */
const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(...STARTS),
    fc.tuple(fc.constantFrom(...STARTS), fc.nat(6), fc.nat(6))
      .map(([start, from, to]) => start.slice(from % 3, to + 1)),
    fc.string({
      unit: fc.constantFrom(
        ..."aZ09._-/+=~ \"'@?#:\u212a\u017f\u00e9\u{1f980}",
      ),
      maxLength: 20,
    }),
    fc.constantFrom(
      "a1B2c3D4e5F6g7H8",
      "user:pass@host",
      "host/path?key=value#part",
    ),
    fc.string({ unit: "binary", maxLength: 4 }),
  ),
  { maxLength: 8 },
).map((parts) => parts.join(""));

/** As it would be without the look beforehand. */
function redacted(text: string): string {
  const urls = findUrlSecrets(text).replaceIn(text);
  return findKeys(urls).replaceIn(urls);
}

Deno.test("X11: hasLeadIn() passes over no text that has a key or a URL", () => {
  const redactor = new Redactor();
  let found = 0;
  fc.assert(
    fc.property(hostile, (text) => {
      const expected = redacted(text);
      if (expected !== text) found++;
      assert(expected === text || hasLeadIn(text));
      assertEquals(redactor.redact(text), expected);
    }),
    { numRuns: 5_000 },
  );
  assert(found > 100, `${found} texts had something`);
});

Deno.test("hasLeadIn() tells each of them, and no ordinary line", () => {
  for (const start of STARTS.slice(0, 17)) {
    const isOther = start === "BEArer " || start === "basic ";
    assertEquals(hasLeadIn(`"${start}0123456789abcdef"`), !isOther, start);
  }
  assertEquals(
    hasLeadIn('{"msg":"request","model":"gpt-4o-mini","duration_ms":9.29}'),
    false,
  );
});

Deno.test("X11: Redactor takes out of a row what it takes out of the line that has it", () => {
  const secret = "correct-horse-battery";
  const redactor = new Redactor([secret]);
  const fields = fc.dictionary(
    fc.constantFrom("request_id", "model", "error"),
    fc.oneof(fc.constantFrom(secret, "gpt-4o", "a@b.example"), hostile),
    { minKeys: 1 },
  );
  fc.assert(
    fc.property(fields, fields, (one, other) => {
      const row = JSON.stringify(one);
      const line = `{"ts":"2026-01-01T00:00:00.000Z",${row.slice(1)}`;
      const alone = new Redactor([secret]).redact(row);
      redactor.redact(line);
      assertEquals(redactor.redact(row), alone);
      // And where the line came in two parts.
      redactor.redact(row.slice(1));
      assertEquals(redactor.redact(row), alone);
      // Another row than that of the line, and the same once it is a secret.
      const next = JSON.stringify(other);
      assertEquals(
        redactor.redact(next),
        new Redactor([secret]).redact(next),
      );
    }),
    { numRuns: 500 },
  );
  const row = '{"key":"staple-of-the-team","mail":"a@b.example"}';
  const line = `{"msg":"request",${row.slice(1)}`;
  assertEquals(redactor.redact(line), line);
  assertEquals(redactor.redact(row), row);
  redactor.personal = ["email"];
  assertEquals(
    redactor.redact(row),
    '{"key":"staple-of-the-team","mail":"[redacted]"}',
  );
  redactor.personal = [];
  redactor.redact(line);
  redactor.add("staple-of-the-team");
  assertEquals(
    redactor.redact(row),
    '{"key":"[redacted]","mail":"a@b.example"}',
  );
});
