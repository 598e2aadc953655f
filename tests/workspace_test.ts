import { assertEquals, assertMatch, equal } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await read(path));
}

/** The files that people and machines read first; those that exist. */
async function texts(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (
    const folder of [
      "./",
      "docs/",
      ".ci/",
      "core/",
      "context/",
      "logging/",
      "api/",
    ]
  ) {
    for await (const { name, isFile } of Deno.readDir(new URL(folder, ROOT))) {
      if (!isFile || !/\.(md|service|yaml)$|^run$/.test(name)) continue;
      found.set(folder + name, await read(folder + name));
    }
  }
  return found;
}

Deno.test("deno.jsr.json is deno.json without links", async () => {
  const { links, ...rest } = await readJson("deno.json");
  const other = await readJson("deno.jsr.json");
  assertEquals(links, ["./links/*"]);
  const keys = new Set([...Object.keys(rest), ...Object.keys(other)]);
  const apart = [...keys].filter((key) => !equal(rest[key], other[key]));
  assertEquals(apart, [], "copy what changed");
});

Deno.test("every text names the same version of Deno, and the README names one", async () => {
  const files = await texts();
  const [pinned] = files.get("./README.md")?.match(/deno@\d+\.\d+\.\d+/) ?? [];
  assertMatch(pinned ?? "", /^deno@\d/);
  for (const [path, text] of files) {
    for (const [named] of text.matchAll(/deno@\d[\w.-]*/g)) {
      assertEquals(named.replace(/\.$/, ""), pinned, path);
    }
  }
});

Deno.test("all packages have the same version and licence", async () => {
  const { workspace } = await readJson("deno.json");
  const { version, license } = await readJson("core/deno.json");
  assertEquals(license, "MIT");
  for (const path of workspace as string[]) {
    const member = await readJson(`${path}/deno.json`);
    assertEquals(member.name, path.replace("./", "@llm-proxy/"));
    assertEquals([member.version, member.license], [version, license], path);
  }
});

Deno.test("docs/dependencies.md lists every dependency", async () => {
  const { imports } = await readJson("deno.json");
  const page = await read("docs/dependencies.md");
  const listed = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  assertEquals(listed.sort(), Object.keys(imports as object).sort());
});
