import { assert, assertEquals } from "@std/assert";
import {
  type AbortListener,
  type AbortSource,
  LateAbort,
} from "./late_abort.ts";

interface Made {
  readonly source: AbortSource;
  readonly abort: (reason: unknown) => void;
}

/** One contract for what the platform makes and what is made here. */
const ADAPTERS: Readonly<Record<string, () => Made>> = {
  AbortController() {
    const controller = new AbortController();
    return {
      source: controller.signal,
      abort: (reason) => controller.abort(reason),
    };
  },
  LateAbort() {
    const late = new LateAbort();
    return { source: late, abort: (reason) => late.abort(reason) };
  },
  "LateAbort with a signal"() {
    const late = new LateAbort();
    assert(!late.signal.aborted);
    return { source: late, abort: (reason) => late.abort(reason) };
  },
};

function listener(heard: string[], name: string): AbortListener {
  return { handleEvent: () => void heard.push(name) };
}

for (const [name, make] of Object.entries(ADAPTERS)) {
  Deno.test(`AbortSource (${name}) tells all who listen once, with the first reason`, () => {
    const { source, abort } = make();
    const heard: string[] = [];
    for (const who of ["a", "b", "c"]) {
      source.addEventListener("abort", listener(heard, who));
    }
    const left = listener(heard, "left");
    source.addEventListener("abort", left);
    source.removeEventListener("abort", left);
    assertEquals([source.aborted, source.reason], [false, undefined]);
    abort("first");
    abort("second");
    assertEquals([source.aborted, source.reason], [true, "first"]);
    assertEquals(heard.sort(), ["a", "b", "c"]);
    source.addEventListener("abort", listener(heard, "late"));
    assertEquals(heard.length, 3);
  });

  Deno.test(`AbortSource (${name}) has room for another where one has gone`, () => {
    const { source, abort } = make();
    const heard: string[] = [];
    const first = listener(heard, "first");
    source.addEventListener("abort", first);
    source.removeEventListener("abort", first);
    source.addEventListener("abort", listener(heard, "second"));
    source.removeEventListener("abort", first);
    abort("x");
    assertEquals(heard, ["second"]);
  });
}

Deno.test("LateAbort.signal tells the same, whenever it is asked for", () => {
  const before = new LateAbort();
  const { signal } = before;
  before.abort("x");
  assertEquals([signal.aborted, signal.reason], [true, "x"]);
  const after = new LateAbort();
  after.abort("x");
  assertEquals([after.signal.aborted, after.signal.reason], [true, "x"]);
});
