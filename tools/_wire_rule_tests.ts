/** A test that says which rule it proves. */
export interface RuleTest {
  /** From the root of the project. */
  readonly file: string;
  /** The rules that its name begins with. */
  readonly rules: readonly string[];
  /** The rest of its name. */
  readonly name: string;
}

/** A text that begins with rules, as the name of a test does: `A1, L4: …`. */
const NAMED =
  /(["'`])([A-Z]\d{1,2}(?:, [A-Z]\d{1,2})*): ((?:\\.|(?!\1)[^\\\n])+)\1/g;
const TEST_FILE = /_test\.ts$|^tests\/.*\.ts$/;
const SKIPPED: ReadonlySet<string> = new Set(["node_modules", "npm"]);

/** The mock provider's tests and those of tools say nothing of the gateway. */
const NO_PROOF = /^(?:core\/mock|tools)\//;

/**
 * Letters that the checks of reliability use for something else, up to these
 * numbers, and the files in which they are rules of the wire all the same.
 */
const SHARED: ReadonlyMap<string, readonly [last: number, files: RegExp]> =
  new Map([
    [
      "A",
      [7, /^core\/dialects\/|^tests\/(?:sdk_|wire_|streaming_|native_)/],
    ],
    [
      "C",
      [
        13,
        /^core\/(?:dialects\/(?:anthropic\/|openai_chat\/(?!_?pass_))|_restored_)|^tests\/(?:sdk_|wire_|thought_)/,
      ],
    ],
    [
      "F",
      [
        8,
        /^core\/(?:dialects\/|translation|entra_|retry_after|routing\/upstream_)|^tests\/(?:azure|entra|realtime)|^api\/_provider_settings/,
      ],
    ],
    [
      "L",
      [
        11,
        /^core\/(?:dialects\/|http_client_|eventstream_|attempt_|routing\/failover_continue)|^api\/(?:exchange|told_reply)|^tests\/(?:sdk_|wire_|streaming_|native_|pass_through|realtime|continue|backpressure|disconnect|accounts)/,
      ],
    ],
  ]);

/** Every test under a folder whose name begins with rules, in a stable order. */
export async function findRuleTests(root: URL): Promise<RuleTest[]> {
  const files: string[] = [];
  await walk(root, "", files);
  const found: RuleTest[] = [];
  for (const file of files.sort()) {
    found.push(
      ...readRuleTests(file, await Deno.readTextFile(new URL(file, root))),
    );
  }
  return found;
}

/** The tests in the text of one file. */
export function readRuleTests(file: string, text: string): RuleTest[] {
  return [...text.matchAll(NAMED)].flatMap(([, , ids = "", name = ""]) => {
    const rules = ids.split(", ").filter((id) => isWireRule(id, file));
    return rules.length === 0 ? [] : [{ file, rules, name }];
  });
}

function isWireRule(id: string, file: string): boolean {
  const [last, files] = SHARED.get(id.charAt(0)) ?? [0, /^/];
  return Number(id.slice(1)) > last || files.test(file);
}

async function walk(
  root: URL,
  folder: string,
  files: string[],
): Promise<void> {
  for await (const entry of Deno.readDir(new URL(folder || ".", root))) {
    const { name } = entry;
    if (name.startsWith(".") || SKIPPED.has(name)) continue;
    if (entry.isDirectory) await walk(root, `${folder}${name}/`, files);
    else if (TEST_FILE.test(folder + name) && !NO_PROOF.test(folder)) {
      files.push(folder + name);
    }
  }
}
