// How the parts of this tree may lean on each other.
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
/** What a package may import of the others: dependencies point one way. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  logging: [],
  core: ["logging"],
  context: ["logging"],
  api: ["core", "context", "logging"],
};
const IMPORT =
  /^(?:import|export)\s(?!type\s)(?:(?<names>[^;"]*?)\sfrom\s)?"(?<from>[^"]+)";/gm;
const ANY_IMPORT = /(?:\sfrom |^import |\bimport\(\s*)"([^"]+)"/gm;

/** A file without its documentation, whose examples import what their readers have. */
function codeOf(path: string): string {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  return text.replaceAll(/\/\*\*[^]*?\*\//g, "");
}

/** What is published, by its path. */
function sources(): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (folder: string): void => {
    for (
      const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))
    ) {
      const path = `${folder}${name}`;
      if (isDirectory) walk(`${path}/`);
      else if (
        /(?<!_test|_bench)\.ts$/.test(name) && !name.startsWith("_test_")
      ) {
        found.set(path, codeOf(path));
      }
    }
  };
  for (const name of Object.keys(BELOW)) walk(`${name}/`);
  return found;
}

/** The files that have to be run before this one. */
function neededBy(path: string, text: string): string[] {
  const needed: string[] = [];
  for (const { groups } of text.matchAll(IMPORT)) {
    const { names = "", from = "" } = groups ?? {};
    const list = /\{([^]*)\}/.exec(names)?.[1]?.split(",") ?? [];
    const isTypes = list.length > 0 &&
      list.every((it) => /^\s*(?:type\s|$)/.test(it));
    if (from.startsWith(".") && !isTypes) {
      needed.push(
        new URL(from, new URL(path, ROOT)).href.slice(ROOT.href.length),
      );
    }
  }
  return needed;
}

Deno.test("packages import what is below them, by its published name, and nothing of the tests", () => {
  const files = sources();
  assert(files.size > 500, `${files.size}`);
  for (const [path, text] of files) {
    const [own = ""] = path.split("/");
    for (const [, from = ""] of text.matchAll(ANY_IMPORT)) {
      const other = /^@llm-proxy\/([^/]+)/.exec(from)?.[1];
      if (other !== undefined) {
        assert(BELOW[own]?.includes(other), `${path} imports ${from}`);
      }
      if (!from.startsWith(".")) continue;
      const { href } = new URL(from, new URL(path, ROOT));
      assert(href.startsWith(`${ROOT.href}${own}/`), `${path} imports ${from}`);
      assert(!/_test\.ts$|\/_test_/.test(href), `${path} imports ${from}`);
    }
  }
});

Deno.test("no file has to be run before itself", () => {
  const files = sources();
  const needs = new Map(
    [...files].map(([path, text]) => [path, neededBy(path, text)]),
  );
  assert([...needs.values()].flat().length > 1_000);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) cycles.push([...way, path].join(" → "));
    if (done.has(path) || way.includes(path)) return;
    for (const next of needs.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of needs.keys()) visit(path, []);
  assertEquals(cycles, []);
});
