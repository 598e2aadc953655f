import { dirname, isAbsolute, join } from "node:path";
import type { EnvReader } from "./_config_env.ts";
import { reasonOf } from "./_config_file.ts";

/** A text, or one sentence that says why there is none. */
export type ReadText = { readonly text: string } | { readonly message: string };

/** What a config names and does not hold itself. */
export interface ConfigSources {
  readonly env: EnvReader;
  /** Reads a file that the config names. */
  readonly readFile: (path: string) => ReadText;
  /** Where a path of the config leads: a relative one starts at the file. */
  readonly resolve: (path: string) => string;
}

/** What {@linkcode configSources} is made from. */
export interface ConfigSourcesOptions {
  /** The config file: relative paths start at it. */
  readonly file: string;
  readonly env: EnvReader;
  /** Reads a file, or throws. Absent: none can be read. */
  readonly readText?: ((path: string) => string) | undefined;
}

/** Reads each file once, so that what was checked is what is used. */
export function configSources(
  { file, env, readText }: ConfigSourcesOptions,
): ConfigSources {
  const known = new Map<string, ReadText>();
  const resolve = (path: string): string =>
    isAbsolute(path) ? path : join(dirname(file), path);
  const read = (path: string): ReadText => {
    if (readText === undefined) {
      return { message: "Files cannot be read here" };
    }
    try {
      return { text: readText(resolve(path)) };
    } catch (error) {
      return { message: reasonOf(error) };
    }
  };
  const readFile = (path: string): ReadText => {
    let found = known.get(path);
    if (found === undefined) known.set(path, found = read(path));
    return found;
  };
  return { env, readFile, resolve };
}
