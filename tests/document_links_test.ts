// The documents lead where there is something.
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const FOLDERS = ["", "docs/", "core/", "context/", "logging/", "api/"];

/** A path from the root, set as code. */
const FILE =
  /`((?:api|bench|context|core|docs|links|logging|tests|tools)\/[\w./-]+\.\w+)`/g;

function pages(): string[] {
  return FOLDERS.flatMap((folder) =>
    [...Deno.readDirSync(new URL(folder || ".", ROOT))]
      .filter(({ name }) => name.endsWith(".md"))
      .map(({ name }) => folder + name)
  );
}

function read(url: URL): string | undefined {
  try {
    return Deno.statSync(url).isFile ? Deno.readTextFileSync(url) : "";
  } catch {
    return undefined;
  }
}

/** The anchors that a page's headings have. */
function anchorsOf(text: string): string[] {
  return Array.from(
    text.matchAll(/^#+ (.*)$/gm),
    ([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}_\- ]/gu, "").trim()
        .replaceAll(" ", "-"),
  );
}

Deno.test("every link of a document leads to a file and a heading that are there", () => {
  const broken: string[] = [];
  let links = 0;
  for (const page of pages()) {
    const from = new URL(page, ROOT);
    const text = read(from) ?? "";
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^\w+:/.test(link)) continue;
      links++;
      const to = new URL(link, from);
      const target = read(new URL(to.pathname, to));
      const isThere = target !== undefined &&
        (to.hash === "" || anchorsOf(target).includes(to.hash.slice(1)));
      if (!isThere) broken.push(`${page}: ${link}`);
    }
  }
  assertEquals(broken, []);
  assert(links > 60, `${links}`);
});

Deno.test("every file of the tree that a document names is there", () => {
  const missing: string[] = [];
  let named = 0;
  for (const page of pages()) {
    const text = read(new URL(page, ROOT)) ?? "";
    for (const [, path = ""] of text.matchAll(FILE)) {
      named++;
      if (read(new URL(path, ROOT)) === undefined) {
        missing.push(`${page}: ${path}`);
      }
    }
  }
  assertEquals(missing, []);
  assert(named > 10, `${named}`);
});

Deno.test("every task that a document names is there", () => {
  const { tasks } = JSON.parse(read(new URL("deno.json", ROOT)) ?? "{}");
  const missing: string[] = [];
  let named = 0;
  for (const page of pages()) {
    const text = (read(new URL(page, ROOT)) ?? "").replaceAll(/\s+/g, " ");
    for (
      const [, task = ""] of text.matchAll(
        /(?:deno|2\.9\.6) task ([a-z][\w:]*)/g,
      )
    ) {
      named++;
      if (!Object.hasOwn(tasks, task)) missing.push(`${page}: ${task}`);
    }
  }
  assertEquals(missing, []);
  assert(named > 15, `${named}`);
});
