import { assertEquals } from "@std/assert";
import { isJournal } from "./journal.ts";
import { StructuredLogger } from "./structured_logger.ts";

Deno.test("StructuredLogger begins lines with the priorities of the journal, where asked to", () => {
  for (const format of ["json", "text"] as const) {
    const lines: string[] = [];
    const log = new StructuredLogger({
      level: "debug",
      format,
      priorities: true,
      sink: (line) => void lines.push(line),
    });
    const child = log.child({ part: "child" });
    child.debug("d");
    child.info("i");
    child.warn("w");
    child.error("e");
    assertEquals(
      lines.map((line) => line.slice(0, 3)),
      ["<7>", "<6>", "<4>", "<3>"],
    );
    if (format === "json") {
      assertEquals(JSON.parse(lines[0]?.slice(3) ?? "").part, "child");
    }
  }
});

/** What a process finds whose standard output is a pipe, by what its environment says of that. */
async function inChild(stream: string | undefined): Promise<string> {
  const script = `import { isJournal } from "${new URL(
    "./journal.ts",
    import.meta.url,
  )}";
import { fstatSync } from "node:fs";
const { dev, ino } = fstatSync(1);
if (process.env.JOURNAL_STREAM === "own") process.env.JOURNAL_STREAM = dev + ":" + ino;
console.log(isJournal());`;
  const { stdout } = await new Deno.Command("deno", {
    args: ["eval", "--quiet", `import process from "node:process";${script}`],
    env: stream === undefined ? {} : { JOURNAL_STREAM: stream },
    stdin: "null",
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("isJournal() is true only where standard output is the stream that was named", async () => {
  const [own, other, none, strange] = await Promise.all(
    ["own", "9:12345", undefined, "x"].map(inChild),
  );
  assertEquals([own, other, none, strange], [
    "true",
    "false",
    "false",
    "false",
  ]);
  assertEquals(typeof isJournal(), "boolean");
});
