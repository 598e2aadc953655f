// Holds against the real package too:
// deno test --config deno.jsr.json --no-lock links/std_assert
import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
} from "@std/assert";

const CYCLE_A: Record<string, unknown> = {};
CYCLE_A.self = CYCLE_A;
const CYCLE_B: Record<string, unknown> = {};
CYCLE_B.self = CYCLE_B;
class Point {
  constructor(readonly x: number) {}
}

const EQUAL: readonly [string, unknown, unknown][] = [
  ["NaN", NaN, NaN],
  ["the two zeros", [0], [-0]],
  ["nested objects", { a: { b: [1, "2"] } }, { a: { b: [1, "2"] } }],
  ["keys in any order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["an object without prototype", Object.create(null), {}],
  ["symbol keys", { [Symbol.for("k")]: 1 }, { [Symbol.for("k")]: 1 }],
  ["dates", new Date(7), new Date(7)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["patterns", /a/g, /a/g],
  ["addresses", new URL("http://a/"), new URL("http://a")],
  ["sets in any order", new Set([1, [2]]), new Set([[2], 1])],
  ["maps in any order", new Map([[1, 2], [3, 4]]), new Map([[3, 4], [1, 2]])],
  ["maps with object keys", new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["instances", new Point(1), new Point(1)],
  ["cycles", CYCLE_A, CYCLE_B],
];

const DIFFERENT: readonly [string, unknown, unknown][] = [
  ["a number and its text", 1, "1"],
  ["null and undefined", null, undefined],
  ["zero and false", 0, false],
  ["a property that is undefined", { a: undefined }, {}],
  ["two properties that are undefined", { a: undefined }, { b: undefined }],
  ["lengths", [1], [1, 2]],
  ["the order of a list", [1, 2], [2, 1]],
  ["a list and an object", [], {}],
  ["unregistered symbols", { [Symbol("k")]: 1 }, { [Symbol("k")]: 1 }],
  ["dates", new Date(7), new Date(8)],
  ["a date and an invalid one", new Date(NaN), new Date(8)],
  ["patterns", /a/g, /a/i],
  ["sets", new Set([1]), new Set([2])],
  ["sizes of sets", new Set([1]), new Set([1, 2])],
  ["maps", new Map([[1, 2]]), new Map([[1, 3]])],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([2, 1])],
  ["kinds of bytes", new Uint8Array(1), new Uint16Array(1)],
  ["a class and a plain object", new Point(1), { x: 1 }],
];

for (const [name, a, b] of EQUAL) {
  Deno.test(`assertEquals() holds for ${name}`, () => {
    assert(equal(a, b));
    assertEquals(a, b);
    assertThrows(() => assertNotEquals(a, b), AssertionError);
  });
}

for (const [name, a, b] of DIFFERENT) {
  Deno.test(`assertEquals() tells apart: ${name}`, () => {
    assert(!equal(a, b));
    assertNotEquals(a, b);
    assertThrows(
      () => assertEquals(a, b),
      AssertionError,
      "Values are not equal",
    );
  });
}

/** Each passes once and fails once, with the caller's own words. */
const PAIRS: readonly [string, () => void, (msg: string) => void][] = [
  ["assert", () => assert("x"), (msg) => assert("", msg)],
  ["assertFalse", () => assertFalse(0), (msg) => assertFalse(1, msg)],
  [
    "assertEquals",
    () => assertEquals([1], [1]),
    (msg) => assertEquals([1], [2], msg),
  ],
  [
    "assertNotEquals",
    () => assertNotEquals(1, 2),
    (msg) => assertNotEquals(1, 1, msg),
  ],
  [
    "assertStrictEquals",
    () => assertStrictEquals(NaN, NaN),
    (msg) => assertStrictEquals({}, {}, msg),
  ],
  ["assertExists", () => assertExists(0), (msg) => assertExists(null, msg)],
  [
    "assertInstanceOf",
    () => assertInstanceOf(new TypeError(), Error),
    (msg) => assertInstanceOf({}, Error, msg),
  ],
  [
    "assertStringIncludes",
    () => assertStringIncludes("abc", "b"),
    (msg) => assertStringIncludes("abc", "d", msg),
  ],
  [
    "assertMatch",
    () => assertMatch("abc", /b/),
    (msg) => assertMatch("abc", /d/, msg),
  ],
  [
    "assertNotMatch",
    () => assertNotMatch("abc", /d/),
    (msg) => assertNotMatch("abc", /b/, msg),
  ],
  [
    "assertArrayIncludes",
    () => assertArrayIncludes([{ a: 1 }, 2], [{ a: 1 }]),
    (msg) => assertArrayIncludes([1], [1, 2], msg),
  ],
  [
    "assertGreater",
    () => assertGreater(2, 1),
    (msg) => assertGreater(1, 1, msg),
  ],
  [
    "assertGreaterOrEqual",
    () => assertGreaterOrEqual(1, 1),
    (msg) => assertGreaterOrEqual(0, 1, msg),
  ],
  ["assertLess", () => assertLess(1, 2), (msg) => assertLess(1, 1, msg)],
  [
    "assertLessOrEqual",
    () => assertLessOrEqual(1, 1),
    (msg) => assertLessOrEqual(2, 1, msg),
  ],
  [
    "assertThrows",
    () => void assertThrows(() => JSON.parse("{")),
    (msg) => void assertThrows(() => {}, msg),
  ],
  ["fail", () => {}, (msg) => fail(msg)],
];

for (const [name, passes, fails] of PAIRS) {
  Deno.test(`${name}() passes, and fails with the caller's words`, () => {
    passes();
    const error = assertThrows(() => fails("own words"), AssertionError);
    assertStringIncludes(error.message, "own words");
    assertEquals(error.name, "AssertionError");
  });
}

Deno.test("assertThrows() returns what was thrown, errors or not", () => {
  const thrown = new RangeError("Too far");
  const throws = (what: unknown) => () => {
    throw what;
  };
  assertStrictEquals(assertThrows(throws(thrown)), thrown);
  assertStrictEquals(assertThrows(throws(thrown), RangeError, "far"), thrown);
  assertStrictEquals(assertThrows(throws(null)), null);
});

Deno.test("assertThrows() fails where class or message differ", () => {
  const throws = () => {
    throw new RangeError("Too far");
  };
  const wrong: readonly [() => unknown, string][] = [
    [() => assertThrows(throws, TypeError), 'instance of "TypeError"'],
    [() => assertThrows(throws, Error, "near"), 'to include "near"'],
    [
      () =>
        assertThrows(() => {
          // deno-lint-ignore no-throw-literal -- what is asserted of it
          throw "text";
        }, Error),
      "A non-Error object was thrown.",
    ],
  ];
  for (const [fn, words] of wrong) assertThrows(fn, AssertionError, words);
});

Deno.test("assertRejects() resolves with the reason", async () => {
  const reason = new RangeError("Too far");
  const rejects = () => Promise.reject(reason);
  assertStrictEquals(await assertRejects(rejects), reason);
  assertStrictEquals(await assertRejects(rejects, RangeError, "far"), reason);
});

Deno.test("assertRejects() fails where nothing rejects, or something else", async () => {
  const wrong: readonly [() => Promise<unknown>, string][] = [
    [
      () => assertRejects(() => Promise.resolve(1)),
      "Expected function to reject.",
    ],
    [
      () => assertRejects(() => Promise.resolve(1), "own words"),
      "Expected function to reject: own words",
    ],
    [
      () => assertRejects(() => Promise.reject("text"), Error),
      "A non-Error object was rejected.",
    ],
    [
      () => assertRejects(() => Promise.reject(new Error("A")), Error, "b"),
      'to include "b"',
    ],
    [
      () =>
        assertRejects(() => {
          throw new Error("Synchronous");
        }),
      "Function throws when expected to reject.",
    ],
  ];
  for (const [fn, words] of wrong) {
    await assertRejects(fn, AssertionError, words);
  }
});
