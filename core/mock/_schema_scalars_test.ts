import { assertEquals } from "@std/assert";
import { sampleNumber, sampleString } from "./_schema_scalars.ts";

Deno.test("sampleString() keeps the length that is asked for", () => {
  assertEquals(sampleString([{}]), "text");
  assertEquals(sampleString([{ minLength: 6 }]), "textte");
  assertEquals(sampleString([{ maxLength: 2 }, { maxLength: 3 }]), "te");
  assertEquals(sampleString([{ maxLength: 0 }]), "");
  assertEquals(sampleString([{ minLength: 3, maxLength: 2 }]), undefined);
  assertEquals(sampleString([{ minLength: 1e9 }]), undefined);
});

Deno.test("sampleString() makes addresses longer where it must", () => {
  assertEquals(
    sampleString([{ format: "email", minLength: 20 }]),
    "aaaauser@example.com",
  );
  assertEquals(
    sampleString([{ format: "uri" }, { minLength: 22 }]),
    "https://example.com/aa",
  );
});

Deno.test("sampleString() gives dates that a parser takes and ignores unknown formats", () => {
  for (const format of ["date", "date-time"]) {
    const text = sampleString([{ format }]) ?? "";
    assertEquals(Number.isNaN(Date.parse(text)), false);
  }
  assertEquals(sampleString([{ format: "toString" }]), "text");
});

Deno.test("sampleNumber() stays near 1 and finds what the bounds leave", () => {
  const cases: [Record<string, unknown>[], boolean, number | undefined][] = [
    [[{}], true, 1],
    [[{ maximum: 0 }], true, 0],
    [[{ exclusiveMinimum: 1 }], true, 2],
    [[{ exclusiveMaximum: 0 }], true, -1],
    [[{ minimum: 0.2, maximum: 0.4 }], false, 0.2],
    [[{ exclusiveMinimum: 0.2, exclusiveMaximum: 0.4 }], false, 0.2 + 0.1],
    [[{ minimum: 2, multipleOf: 5 }, { multipleOf: 7 }], true, 35],
    [[{ minimum: 1, multipleOf: 1.5 }], true, 3],
    [[{ minimum: 2, maximum: 1 }], true, undefined],
    [[{ minimum: 0.1, maximum: 0.9 }], true, undefined],
  ];
  for (const [schemas, integer, expected] of cases) {
    const value = sampleNumber(schemas, { integer });
    if (expected === undefined) assertEquals(value, undefined);
    else assertEquals(Math.abs(value! - expected) < 1e-9, true, `${value}`);
  }
});

Deno.test("sampleNumber() gives no negative zero", () => {
  const value = sampleNumber([{ minimum: -0.5, maximum: 0 }], {
    integer: true,
  });
  assertEquals(Object.is(value, 0), true);
});
