import { createHash } from "node:crypto";
import { basename } from "node:path";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** What `api/version.ts` says where no build has told the commit. */
const UNTOLD = "no commit told";
/** Where builds go unless told. */
export const DIST = "dist";

/**
 * The values of a build tool's options. Wrong usage ends the tool, in one line
 * and with exit code 2.
 */
export function buildOptions<const T extends ParseArgsOptionsConfig>(
  options: T,
  usage: string,
): ReturnType<typeof parseArgs<{ options: T }>>["values"] {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [fault] = error.message.split(/\. |\n/);
    // deno-lint-ignore no-console -- a tool tells its user
    console.error(`${fault?.replace(/\.$/, "")} (usage: ${usage})`);
    Deno.exit(2);
  }
}

/** Runs a program to its end; its output where it succeeds. */
export async function run(
  program: string,
  { args, env }: {
    readonly args: readonly string[];
    readonly env?: Record<string, string>;
  },
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    ...(env !== undefined && { env }),
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(
    `${program} ${args.join(" ")} failed:\n${decoder.decode(stderr)}`,
  );
}

/** The commit that is built, and whether more than it is; `unknown` outside a clone. */
async function commit(): Promise<string> {
  try {
    const id = await run("git", { args: ["rev-parse", "--short=12", "HEAD"] });
    const changes = await run("git", { args: ["status", "--porcelain"] });
    return `${id.trim()}${changes === "" ? "" : "+changes"}`;
  } catch {
    return "unknown";
  }
}

/** Makes `llm-proxy.js` in a directory, the whole service in one file; gives its path. */
export async function bundle(directory: string): Promise<string> {
  const output = `${directory}/llm-proxy.js`;
  await Deno.mkdir(directory, { recursive: true });
  await run("deno", {
    args: ["bundle", "--minify", "--sourcemap=linked", "main.ts", "-o", output],
  });
  const text = await Deno.readTextFile(output);
  if (!text.includes(UNTOLD)) {
    throw new Error("The bundle has no place for its commit");
  }
  await Deno.writeTextFile(output, text.replaceAll(UNTOLD, await commit()));
  return output;
}

/**
 * Writes what is inside a build into its directory: a bill of materials, read
 * from the bundle's map, and checksums of files that lie there.
 */
export async function describe(
  directory: string,
  files: readonly string[],
): Promise<void> {
  const { version } = JSON.parse(await Deno.readTextFile("api/deno.json"));
  const lock = JSON.parse(await Deno.readTextFile("deno.lock"));
  const map = JSON.parse(
    await Deno.readTextFile(`${directory}/llm-proxy.js.map`),
  );
  const bill = billOfMaterials(packagesOf(map.sources), {
    version,
    integrities: lock.npm,
  });
  await Deno.writeTextFile(
    `${directory}/sbom.cdx.json`,
    `${JSON.stringify(bill, null, 2)}\n`,
  );
  const sums = [];
  for (const file of [...files, `${directory}/sbom.cdx.json`]) {
    const digest = createHash("sha256").update(await Deno.readFile(file));
    sums.push(`${digest.digest("hex")}  ${basename(file)}\n`);
  }
  await Deno.writeTextFile(`${directory}/SHA256SUMS`, sums.join(""));
}

/** The npm packages from whose files a bundle was made, as `name@version`. */
function packagesOf(sources: readonly string[]): string[] {
  const found = sources.flatMap((source) => {
    const [, name, version] =
      /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/(\d[^/]*)\//.exec(source) ?? [];
    return name && version ? [`${name}@${version}`] : [];
  });
  return [...new Set(found)].sort();
}

/** The packages of a bundle, as CycloneDX 1.6. */
function billOfMaterials(
  packages: readonly string[],
  { version, integrities }: {
    readonly version: string;
    readonly integrities: Readonly<
      Record<string, { readonly integrity?: string }>
    >;
  },
): unknown {
  const components = packages.map((key) => {
    const at = key.lastIndexOf("@");
    const [name, its] = [key.slice(0, at), key.slice(at + 1)];
    const { integrity = "" } = integrities[key] ?? {};
    const content = integrity.startsWith("sha512-")
      ? hex(integrity.slice("sha512-".length))
      : undefined;
    return {
      type: "library",
      name,
      version: its,
      purl: `pkg:npm/${name.replace("@", "%40")}@${its}`,
      ...(content !== undefined && { hashes: [{ alg: "SHA-512", content }] }),
    };
  });
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { type: "application", name: "llm-proxy", version },
    },
    components,
  };
}

function hex(base64: string): string {
  return Array.from(
    Uint8Array.fromBase64(base64),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
