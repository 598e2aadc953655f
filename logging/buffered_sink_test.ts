import { assert, assertEquals } from "@std/assert";
import { bufferedSink } from "./buffered_sink.ts";
import { PartialWriteError } from "./partial_write_error.ts";

interface Gate {
  readonly writes: string[];
  readonly write: (text: string) => Promise<void>;
  readonly open: () => void;
}

/** A place to write to that hangs until it is opened. */
function hangingPlace(): Gate {
  const writes: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const write = (text: string) => {
    writes.push(text);
    return promise;
  };
  return { writes, write, open: resolve };
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}

Deno.test("bufferedSink() hands on the lines of a turn in one write", async () => {
  const writes: string[] = [];
  const sink = bufferedSink((text) => Promise.resolve(void writes.push(text)));
  sink("one");
  sink("two");
  assertEquals(writes, []);
  await sink.flush?.();
  sink("three");
  await sink.flush?.();
  assertEquals(writes, ["one\ntwo\n", "three\n"]);
  assertEquals(sink.dropped?.(), 0);
});

Deno.test("P8: while a write hangs, lines wait up to the limit and the rest is counted", async () => {
  const { writes, write, open } = hangingPlace();
  const sink = bufferedSink(write, { maxLines: 3 });
  sink("one");
  void sink.flush?.();
  await turn();
  for (const line of ["two", "three", "four", "five"]) sink(line);
  assertEquals(sink.dropped?.(), 2);
  open();
  await sink.flush?.();
  assertEquals(writes, ["one\n", "two\nthree\n"]);
  sink("six");
  await sink.flush?.();
  assertEquals(writes.at(-1), "six\n");
  assertEquals(sink.dropped?.(), 2);
});

Deno.test("P8: characters are limited as well, and room comes back", async () => {
  const { writes, write, open } = hangingPlace();
  const sink = bufferedSink(write, { maxChars: 10 });
  sink("12345");
  sink("1234");
  sink("123");
  sink("x".repeat(11));
  assertEquals(sink.dropped?.(), 2);
  open();
  await sink.flush?.();
  sink("123456789");
  await sink.flush?.();
  assertEquals(writes, ["12345\n123\n", "123456789\n"]);
});

Deno.test("bufferedSink() counts what a failed write lost, and goes on", async () => {
  const errors = [
    new Error("Disk full"),
    new PartialWriteError("Disk full", { linesWritten: 1 }),
  ];
  const writes: string[] = [];
  const sink = bufferedSink((text) => {
    const error = errors.shift();
    if (error) throw error;
    return Promise.resolve(void writes.push(text));
  });
  for (const dropped of [3, 5, 5]) {
    for (const line of ["a", "b", "c"]) sink(line);
    await sink.flush?.();
    assertEquals(sink.dropped?.(), dropped);
  }
  assertEquals(writes, ["a\nb\nc\n"]);
});

Deno.test("bufferedSink().close() writes what is left and takes nothing more", async () => {
  const writes: string[] = [];
  const sink = bufferedSink((text) => Promise.resolve(void writes.push(text)));
  sink("one");
  await sink.close?.();
  sink("two");
  await sink.flush?.();
  assertEquals(writes, ["one\n"]);
  assertEquals(sink.dropped?.(), 1);
});

Deno.test("P8: bufferedSink().close() gives up on a write that hangs", async () => {
  const { write, open } = hangingPlace();
  const sink = bufferedSink(write, { closeTimeout: 20 });
  sink("one");
  void sink.flush?.();
  await turn();
  sink("two");
  sink("three");
  await sink.close?.();
  assertEquals(sink.dropped?.(), 2);
  open();
  await sink.flush?.();
  assertEquals(sink.dropped?.(), 2);
});

Deno.test("bufferedSink() takes 16,384 lines by default, not more", async () => {
  const { write, open } = hangingPlace();
  const sink = bufferedSink(write);
  for (let at = 0; at < 20_000; at++) sink("x");
  assertEquals(sink.dropped?.(), 20_000 - 16_384);
  for (let at = 0; at < 10; at++) sink("x".repeat(4_200_000));
  assert(sink.dropped?.() === 20_000 - 16_384 + 10);
  open();
  await sink.flush?.();
});

Deno.test("bufferedSink() hands on every character of lines of every length", async () => {
  const writes: string[] = [];
  const sink = bufferedSink((text) => Promise.resolve(void writes.push(text)));
  const lines = ["\ufeffa", "ä€😀", "", "a\ud800b"];
  for (const length of [60_000, 131_071, 131_072, 131_070, 200_000]) {
    lines.push("x".repeat(length), "é".repeat(length), "one", "€".repeat(7));
  }
  for (const line of lines) sink(line);
  await sink.flush?.();
  for (const line of lines.toReversed()) {
    // The same in two parts.
    const half = line.length >> 1;
    if (line.isWellFormed() && !line.includes("😀")) {
      sink.parts?.(line.slice(0, half), line.slice(half));
    } else sink(line);
  }
  await sink.flush?.();
  const all = [...lines, ...lines.toReversed()]
    .map((line) => `${line.toWellFormed()}\n`);
  assertEquals(writes.join("") === all.join(""), true);
  assertEquals(writes.every((text) => text.endsWith("\n")), true);
  assertEquals(sink.dropped?.(), 0);
});

Deno.test("bufferedSink() keeps apart what is being written and what comes meanwhile", async () => {
  const { writes, write, open } = hangingPlace();
  const sink = bufferedSink(write);
  const numbers = Array.from({ length: 2_000 }, (_, at) => `line ${at}`);
  for (const [at, line] of numbers.entries()) {
    sink(line.padEnd(300));
    if (at === 1_000) {
      void sink.flush?.();
      await turn();
    }
  }
  assertEquals(sink.dropped?.(), 0);
  open();
  await sink.flush?.();
  assertEquals(
    writes.join("").split("\n").slice(0, -1).map((line) => line.trim()),
    numbers,
  );
});
