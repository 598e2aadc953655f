import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  compareLogLevels,
  isLogLevel,
  LOG_LEVELS,
  parseLogLevel,
} from "./level.ts";

Deno.test("isLogLevel() takes the four levels and nothing else", () => {
  for (const level of LOG_LEVELS) assert(isLogLevel(level));
  for (const value of ["INFO", "", "toString", null, 1, undefined, ["info"]]) {
    assert(!isLogLevel(value));
  }
});

Deno.test("parseLogLevel() reads levels as people write them", () => {
  assertEquals(parseLogLevel("Debug"), "debug");
  assertEquals(parseLogLevel(" INFO "), "info");
  assertEquals(parseLogLevel("warning"), "warn");
});

Deno.test("parseLogLevel() throws and says what would do", () => {
  assertThrows(
    () => parseLogLevel("loud\n"),
    TypeError,
    'Cannot read log level "loud\\n": use one of "debug", "info", "warn", "error"',
  );
});

Deno.test("compareLogLevels() sorts by severity", () => {
  const levels = [...LOG_LEVELS].reverse().sort(compareLogLevels);
  assertEquals(levels, [...LOG_LEVELS]);
  assertEquals(compareLogLevels("warn", "warn"), 0);
});
