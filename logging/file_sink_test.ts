import { assert, assertEquals, assertThrows } from "@std/assert";
import { type AppendFiles, appendFiles, NODE_FILES } from "./_append_file.ts";
import { fileSink } from "./file_sink.ts";
import { lineWriter } from "./_line_writer.ts";
import { LogFile, type LogFileOptions } from "./_log_file.ts";
import { lineQueue } from "./_line_queue.ts";
import { PartialWriteError } from "./partial_write_error.ts";

/** A folder of its own, gone at the end. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "llm-proxy-log-" });

  file(name = "a.log"): string {
    return `${this.path}/${name}`;
  }

  /** The content of each file by its name. */
  all(): Record<string, string> {
    const names = [...Deno.readDirSync(this.path)].map(({ name }) => name);
    return Object.fromEntries(
      names.sort().map((
        name,
      ) => [name, Deno.readTextFileSync(this.file(name))]),
    );
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Writes whole lines into a file. */
function linesTo(file: LogFile): (text: string) => Promise<void> {
  const write = lineWriter((bytes) => file.writeSome(bytes));
  return (text) => write(new TextEncoder().encode(text));
}

/** Writes batches into a file, one after the other. */
async function writeAll(
  path: string,
  batches: readonly string[],
  options: Partial<LogFileOptions> = {},
): Promise<void> {
  const file = new LogFile(path, { files: appendFiles(), ...options });
  const write = linesTo(file);
  try {
    for (const batch of batches) await write(batch);
  } finally {
    await file.close();
  }
}

const SYSTEMS: Readonly<Record<string, AppendFiles>> = {
  "Deno": appendFiles(),
  "node:fs": NODE_FILES,
};

for (const [name, files] of Object.entries(SYSTEMS)) {
  Deno.test(`LogFile appends, and begins a new file when one is full, with ${name}`, async () => {
    using folder = new Folder();
    const options = { maxBytes: 8, maxFiles: 3, files };
    await writeAll(folder.file(), ["one\n", "two\n"], options);
    assertEquals(folder.all(), { "a.log": "one\ntwo\n" });
    await writeAll(folder.file(), ["3\n"], options);
    assertEquals(folder.all(), { "a.log": "3\n", "a.log.1": "one\ntwo\n" });
    await writeAll(folder.file(), ["four4\nfive5\nsix66\n"], options);
    assertEquals(folder.all(), {
      "a.log": "six66\n",
      "a.log.1": "five5\n",
      "a.log.2": "3\n" + "four4\n",
    });
    await writeAll(
      folder.file(),
      ["a line that is longer than a file\nb\n"],
      options,
    );
    assertEquals(folder.all(), {
      "a.log": "b\n",
      "a.log.1": "a line that is longer than a file\n",
      "a.log.2": "six66\n",
    });
  });

  Deno.test(`LogFile ends a line that somebody left open, with ${name}`, async () => {
    using folder = new Folder();
    Deno.writeTextFileSync(folder.file(), "whole\nbro");
    await writeAll(folder.file(), ["next\n"], { files });
    assertEquals(folder.all(), { "a.log": "whole\nbro\nnext\n" });
  });
}

Deno.test("LogFile with one file begins that anew", async () => {
  using folder = new Folder();
  const options = { maxBytes: 4, maxFiles: 1 };
  await writeAll(folder.file(), ["one\n", "two\n", "3\n"], options);
  assertEquals(folder.all(), { "a.log": "3\n" });
});

Deno.test("LogFile never has a line in two files, and loses none, whatever the sizes", async () => {
  using folder = new Folder();
  const lines = Array.from(
    { length: 300 },
    (_, at) => `${at}`.repeat(1 + at % 7),
  );
  const batches: string[] = [];
  for (let at = 0; at < lines.length;) {
    const count = 1 + at % 11;
    batches.push(`${lines.slice(at, at + count).join("\n")}\n`);
    at += count;
  }
  await writeAll(folder.file(), batches, { maxBytes: 50, maxFiles: 1_000 });
  const files = Object.entries(folder.all())
    .map(([name, text]) => ({ number: Number(name.split(".")[2] ?? 0), text }))
    .sort((a, b) => b.number - a.number);
  assertEquals(files.map(({ text }) => text).join(""), `${lines.join("\n")}\n`);
  for (const { text } of files) {
    assert(text.length <= 50 && text.endsWith("\n"), text);
  }
});

Deno.test("P8: a log file that can't be rotated goes on, and is tried again a second later", async () => {
  using folder = new Folder();
  let time = 0;
  let refusals = 0;
  const files: AppendFiles = {
    ...appendFiles(),
    rename: (from, to) => {
      if (time >= 2_000) return appendFiles().rename(from, to);
      refusals++;
      return Promise.reject(new Error("Not permitted"));
    },
  };
  const options = { maxBytes: 4, maxFiles: 3, files, now: () => time };
  const file = new LogFile(folder.file(), options);
  const write = linesTo(file);
  for (const line of ["one", "two", "six"]) await write(`${line}\n`);
  assertEquals([folder.all(), refusals], [{ "a.log": "one\ntwo\nsix\n" }, 1]);
  time = 2_000;
  await write("ten\n");
  assertEquals(folder.all(), {
    "a.log": "ten\n",
    "a.log.1": "one\ntwo\nsix\n",
  });
  await file.close();
});

Deno.test("P8: a write that breaks off within a line counts what was written, and ends that line", async () => {
  using folder = new Folder();
  let room = 6;
  const files: AppendFiles = {
    ...appendFiles(),
    open: async (path) => {
      const file = await appendFiles().open(path);
      return {
        ...file,
        write: (bytes) => {
          if (room === 0) return Promise.reject(new Error("No space left"));
          const part = bytes.subarray(0, room);
          room -= part.length;
          return file.write(part);
        },
      };
    },
  };
  for (const reopens of [false, true]) {
    room = 6;
    const path = folder.file(`${reopens}.log`);
    const file = new LogFile(path, { files });
    const write = linesTo(file);
    const error = await write("one\ntwo\nsix\n").catch((error) => error);
    assert(error instanceof PartialWriteError);
    assertEquals(error.linesWritten, 1);
    room = 100;
    if (reopens) await file.close();
    await write("ten\n");
    await file.close();
    assertEquals(Deno.readTextFileSync(path), "one\ntw\nten\n");
  }
});

/** Lines that come one after the other, each written before the next. */
async function log(
  sink: ReturnType<typeof fileSink>,
  lines: readonly string[],
): Promise<void> {
  for (const line of lines) {
    sink(line);
    await sink.flush?.();
  }
}

Deno.test("P8: a full disk drops lines, counted exactly, and goes on when there is room", async () => {
  using folder = new Folder();
  let isFull = true;
  const files: AppendFiles = {
    ...appendFiles(),
    open: async (path) => {
      const file = await appendFiles().open(path);
      const write = (bytes: Uint8Array): Promise<number> =>
        isFull ? Promise.reject(new Error("No space left")) : file.write(bytes);
      return { ...file, write };
    },
  };
  const file = new LogFile(folder.file(), { files });
  const sink = lineQueue(lineWriter((bytes) => file.writeSome(bytes)));
  await log(sink, ["lost", "lost"]);
  sink("lost");
  sink("lost");
  await sink.flush?.();
  assertEquals(sink.dropped?.(), 4);
  isFull = false;
  await log(sink, ["one", "two"]);
  await sink.close?.();
  await file.close();
  assertEquals(sink.dropped?.(), 4);
  assertEquals(folder.all(), { "a.log": "one\ntwo\n" });
});

Deno.test("P8: fileSink() counts what is lost while its directory is gone, and goes on when it is back", async () => {
  using folder = new Folder();
  const place = folder.file("place");
  Deno.mkdirSync(place);
  const sink = fileSink(`${place}/a.log`);
  await log(sink, ["one"]);
  Deno.renameSync(place, folder.file("away"));
  await log(sink, ["lost", "lost"]);
  assertEquals(sink.dropped?.(), 2);
  Deno.mkdirSync(place);
  await log(sink, ["two"]);
  await sink.close?.();
  assertEquals(sink.dropped?.(), 2);
  assertEquals(Deno.readTextFileSync(`${place}/a.log`), "two\n");
  assertEquals(Deno.readTextFileSync(folder.file("away/a.log")), "one\n");
});

Deno.test("fileSink() begins anew where somebody moved its file", async () => {
  using folder = new Folder();
  const sink = fileSink(folder.file());
  await log(sink, ["one"]);
  Deno.renameSync(folder.file(), folder.file("moved"));
  await log(sink, ["two"]);
  await sink.close?.();
  assertEquals(folder.all(), { "a.log": "two\n", "moved": "one\n" });
});

Deno.test("fileSink() refuses sizes that are none", () => {
  for (const options of [{ maxBytes: 0 }, { maxFiles: 0 }, { maxBytes: NaN }]) {
    assertThrows(
      () => fileSink("a.log", options),
      RangeError,
      "must be 1 or more",
    );
  }
});
