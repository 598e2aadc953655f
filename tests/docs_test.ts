import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../api/_commands.ts";
import { parseConfig } from "../api/config.ts";
import { docBlocks, missingLine } from "../tools/_doc_blocks.ts";

const ROOT = new URL("../", import.meta.url);

/** README.md, guides and the packages' own pages. */
async function pages(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of ["", "docs/", "core/", "context/", "logging/", "api/"]) {
    for await (const { name } of Deno.readDir(new URL(folder || "./", ROOT))) {
      if (!name.endsWith(".md")) continue;
      const text = await Deno.readTextFile(new URL(folder + name, ROOT));
      found.set(folder + name, text);
    }
  }
  return found;
}

/** The anchors of a page, as they are made of its headings. */
function anchors(page: string): Set<string> {
  const headings = page.replace(/^```[^]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, text = ""]) =>
      text.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")
    ),
  );
}

Deno.test("every page's links lead to a file and a heading that exist", async () => {
  const all = await pages();
  const dead: string[] = [];
  for (const [path, page] of all) {
    for (const [, link = ""] of page.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : new URL(file, `file:///${path}`)
        .pathname.slice(1);
      const there = await Deno.stat(new URL(target, ROOT)).catch(() => null);
      const text = all.get(target);
      const isDead = there === null ||
        (anchor !== undefined && !(text && anchors(text).has(anchor)));
      if (isDead) dead.push(`${path}: ${link}`);
    }
  }
  assertEquals(dead, []);
});

Deno.test("every command that a page names is one, with the options that it has", async () => {
  const known = new Map(COMMANDS.map((it) => [it.name, it]));
  const wrong: string[] = [];
  for (const [path, page] of await pages()) {
    for (const { language, text } of docBlocks(page)) {
      if (language !== "sh") continue;
      const calls = text.matchAll(
        /^(?:sudo )?(?:llm-proxy|npx \S+ \S+ task start)(?= |$)(.*)$/gm,
      );
      for (const [call, rest = ""] of calls) {
        const words = rest.replace(/ +#.*/, "").split(/[ =]/).slice(1);
        const named = known.get(words[0] ?? "");
        const command = named ?? known.get("start");
        const isNamed = words[0] === undefined || words[0].startsWith("-") ||
          words[0] === "" || named !== undefined;
        const odd = words.filter((word) =>
          word.startsWith("--") && !(word.slice(2) in (command?.options ?? {}))
        );
        if (!isNamed || odd.length > 0) wrong.push(`${path}: ${call}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("every block of commands or of a program is tried, or says why not", async () => {
  const untried: string[] = [];
  for (const [path, page] of await pages()) {
    for (const { language, marks, line } of docBlocks(page)) {
      // Programs are run by `deno test --doc` unless they are to be ignored.
      const wanted = language === "sh"
        ? ["try", "serve", "elsewhere"]
        : language === "ts" && marks.has("ignore")
        ? ["try"]
        : undefined;
      if (wanted?.some((mark) => marks.has(mark)) === false) {
        untried.push(`${path}:${line}`);
      }
    }
  }
  assertEquals(untried, []);
});

Deno.test("every config that a page shows has the faults told there, or none", async () => {
  const faulty: string[] = [];
  for (const [path, page] of await pages()) {
    for (const { language, line, text } of docBlocks(page)) {
      if (language !== "yaml" || text.startsWith("# broken.yaml\n")) continue;
      const result = parseConfig(text, {
        file: `${path}:${line}`,
        env: (name) => `zu2Rq8TnVw4yBd6F-${name}`,
      });
      if (!result.ok) faulty.push(JSON.stringify(result.faults));
    }
  }
  assertEquals(faulty, []);
});

Deno.test("missingLine() finds lines in their order, with anything where … stands", () => {
  const output = 'a 1\nb {"x":2,"y":3}\nc\n';
  assertEquals(missingLine("a 1\nc", output), undefined);
  assertEquals(missingLine('b {…"y":3}', output), undefined);
  assertEquals(missingLine('b {…"y":4…}', output), 'b {…"y":4…}');
  assertEquals(missingLine("c\na …", output), "a …");
  assertEquals(missingLine("b {…}…}", output), "b {…}…}");
});

/** Whether the shell and the client that the pages use are on this machine. */
function hasCommands(): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return ["bash", "curl", "openssl"].every((name) =>
    folders.some((folder) => {
      try {
        return Deno.statSync(`${folder}/${name}`).isFile;
      } catch {
        return false;
      }
    })
  );
}

Deno.test({
  name: "README.md and the guide of routing keep what they promise",
  ignore: !hasCommands(),
  fn: async () => {
    const { code, stdout, stderr } = await new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--frozen",
        "-A",
        "tools/try_docs.ts",
        "--here",
        "README.md",
        "docs/routing.md",
      ],
      cwd: ROOT,
      env: { TMPDIR: "/tmp" },
    }).output();
    const told = new TextDecoder().decode(stdout);
    assertEquals(code, 0, told + new TextDecoder().decode(stderr));
    assert(told.endsWith("all as promised\n"), told);
  },
});
