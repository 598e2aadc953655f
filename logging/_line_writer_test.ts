import { assertEquals, assertRejects } from "@std/assert";
import { lineWriter } from "./_line_writer.ts";
import { PartialWriteError } from "./partial_write_error.ts";

interface Place {
  readonly writeSome: (bytes: Uint8Array) => Promise<number>;
  /** How many bytes each call takes; an error is thrown, no entry means all. */
  readonly plan: (number | Error)[];
  readonly text: () => string;
}

function placeOf(...plan: (number | Error)[]): Place {
  let text = "";
  const writeSome = (bytes: Uint8Array) => {
    const next = plan.shift() ?? bytes.length;
    if (next instanceof Error) return Promise.reject(next);
    text += new TextDecoder().decode(bytes.subarray(0, next));
    return Promise.resolve(Math.min(next, bytes.length));
  };
  return { writeSome, plan, text: () => text };
}

function linesTo({ writeSome }: Place): (text: string) => Promise<void> {
  const write = lineWriter(writeSome);
  return (text) => write(new TextEncoder().encode(text));
}

Deno.test("lineWriter() goes on where a write took a part", async () => {
  const place = placeOf(2, 0, 3);
  await linesTo(place)("one\ntwo\n");
  assertEquals(place.text(), "one\ntwo\n");
});

Deno.test("lineWriter() tells how many lines were written before it broke off", async () => {
  const full = new Error("Disk full");
  const place = placeOf(6, full, full);
  const write = linesTo(place);
  const first = await assertRejects(
    () => write("one\ntwo\nthree\n"),
    PartialWriteError,
  );
  assertEquals([first.linesWritten, first.cause], [1, full]);
  const second = await assertRejects(() => write("four\n"), PartialWriteError);
  assertEquals(second.linesWritten, 0);
  await write("five\n");
  await write("six\n");
  assertEquals(place.text(), "one\ntw\nfive\nsix\n");
});

Deno.test("lineWriter() does not count the break that ends a torn line", async () => {
  const full = new Error("Disk full");
  const place = placeOf(1, full, 3, full);
  const write = linesTo(place);
  await assertRejects(() => write("a\n"), PartialWriteError);
  // What was written is the whole line "a", its break and "b\n" of "b\nc\n".
  const error = await assertRejects(() => write("b\nc\n"), PartialWriteError);
  assertEquals(error.linesWritten, 1);
  await write("d\n");
  assertEquals(place.text(), "a\nb\nd\n");
});
