import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** As much of what `deno info --json` says as is looked at. */
interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** Every module that these load, and those load, before anything runs. */
async function loadedBy(entries: readonly string[]): Promise<Set<string>> {
  const { stdout } = await new Deno.Command("deno", {
    args: ["info", "--json", "main.ts"],
    cwd: ROOT,
    stderr: "null",
  }).output();
  const graph: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  const modules = new Map(graph.modules.map((it) => [it.specifier, it]));
  const loaded = new Set<string>();
  const left = entries.map((entry) => new URL(entry, ROOT).href);
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    for (
      const { code, isDynamic } of modules.get(next)?.dependencies ?? []
    ) {
      if (!isDynamic && code?.specifier) left.push(code.specifier);
    }
  }
  return new Set([...loaded].map((it) => it.replace(ROOT.href, "")));
}

/** What answers the first request: the command, and OpenAI's dialect on both sides. */
const FIRST = [
  "main.ts",
  "api/_start.ts",
  "core/dialects/openai_chat/client_row.ts",
  "core/dialects/openai_chat/provider_row.ts",
];

Deno.test("the first answer waits for no more modules than it needs", async () => {
  const loaded = await loadedBy(FIRST);
  assert(loaded.has("api/dispatch.ts"));
  assert(loaded.size <= 700, `${loaded.size} modules: load some when needed`);
});

Deno.test("what few requests need is loaded when the first of them comes", async () => {
  const loaded = [...await loadedBy(FIRST)];
  const late = [
    // Other dialects, their answers to errors and usage in small helpers aside.
    /^core\/dialects\/(?!openai_chat\/)\w+\/(?:client|dialect|provider|pass)\.ts$/,
    // The config's schema, and what reads YAML.
    /^npm:\/?(?:zod|yaml|hono|@hono|jose|re2js|ioredis|ws|gpt-tokenizer)\b/,
    /^api\/\w+_section\.ts$/,
    // Endpoints beside conversations, and other commands.
    /^api\/(?:openapi|realtime|pass_through|stored_files|answer_cache|guarded|guardrail_policy)\.ts$/,
    /^api\/_(?:router|supervisor|doctor|key_commands|config_commands)\.ts$/,
  ];
  assertEquals(
    loaded.filter((module) => late.some((it) => it.test(module))),
    [],
  );
});
