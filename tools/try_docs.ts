// Does what README.md and the guides say, and compares what is printed with
// what they promise: in a fresh clone of the last commit, with an empty home.
// Usage: deno task docs:try [--here] [PAGE…]
// --here: in an empty directory, with this tree and what is installed already.
import { parseArgs } from "node:util";
import { walkPage } from "./_doc_walk.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Stands in for npx and for an installed service, from this tree. */
const HERE = {
  npx: `shift 3; [ "$1" = start ] || exit 1; shift
exec deno run --quiet --frozen -A "${ROOT}main.ts" "$@"`,
  "llm-proxy": `exec deno run --quiet --frozen -A "${ROOT}main.ts" "$@"`,
};

/** The service by its name, from a clone. */
const CLONED = {
  "llm-proxy": `exec deno run --quiet --frozen -A "$DOC_ROOT/main.ts" "$@"`,
};

async function writeCommands(
  directory: string,
  scripts: Readonly<Record<string, string>>,
): Promise<void> {
  await Deno.mkdir(directory);
  for (const [name, script] of Object.entries(scripts)) {
    const text = `#!/usr/bin/env bash\n${script}\n`;
    await Deno.writeTextFile(`${directory}/${name}`, text, { mode: 0o755 });
  }
}

async function clone(directory: string): Promise<void> {
  const { success } = await new Deno.Command("git", {
    args: ["clone", "--quiet", ROOT, directory],
  }).output();
  if (!success) throw new Error("There is no clone of this tree");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** README.md and all guides. */
function allPages(): string[] {
  const guides = [...Deno.readDirSync(`${ROOT}docs`)]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`);
  return ["README.md", ...guides.sort()];
}

/** How this machine reaches what is downloaded. */
const NETWORK = [
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NODE_EXTRA_CA_CERTS",
  "NO_PROXY",
  "NPM_CONFIG_REGISTRY",
  "SSL_CERT_DIR",
  "SSL_CERT_FILE",
];

/**
 * What commands may see of this process's environment. What is downloaded goes
 * to a place that the pages share, unless it is here already.
 */
function environment(
  home: string,
  downloads: string | undefined,
): Record<string, string> {
  const kept = Object.fromEntries(
    ["PATH", ...NETWORK].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const own = `${Deno.env.get("HOME") ?? ""}/.cache/deno`;
  return {
    ...kept,
    ...downloads === undefined
      ? { DENO_DIR: Deno.env.get("DENO_DIR") ?? own }
      : {
        DENO_DIR: `${downloads}/deno`,
        npm_config_cache: `${downloads}/npm`,
      },
    HOME: home,
    PATH: `${home}/commands:${kept.PATH ?? ""}`,
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
  };
}

function print(line: string): void {
  // deno-lint-ignore no-console -- a tool tells its user
  console.log(line);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { here: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const downloads = values.here
    ? undefined
    : await Deno.makeTempDir({ prefix: "llm-proxy-docs-" });
  let failed = 0;
  for (const page of positionals.length > 0 ? positionals : allPages()) {
    const home = await Deno.makeTempDir({ prefix: "llm-proxy-docs-" });
    try {
      const root = values.here ? ROOT : `${home}/clone`;
      const directory = values.here ? `${home}/work` : root;
      if (values.here) await Deno.mkdir(directory);
      else await clone(directory);
      await writeCommands(
        `${home}/commands`,
        values.here ? HERE : CLONED,
      );
      print(page);
      const faults = await walkPage(await Deno.readTextFile(ROOT + page), {
        directory,
        env: {
          ...environment(home, downloads),
          DOC_ROOT: root,
          DOC_CONFIG: `${root}/deno.json`,
        },
        port: freePort(),
        within: values.here ? 60_000 : 300_000,
        onStep: (told) => print(`  ${told}`),
      });
      for (const fault of faults) print(`${page} ${fault}`);
      failed += faults.length;
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  }
  if (downloads !== undefined) {
    await Deno.remove(downloads, { recursive: true });
  }
  print(failed === 0 ? "all as promised" : `${failed} otherwise`);
  Deno.exit(failed === 0 ? 0 : 1);
}
