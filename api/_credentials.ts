import type { EnvReader } from "./_config_env.ts";

/** More than any key has, in bytes. */
const MAX_CREDENTIAL = 65_536;

/**
 * Reads a variable, and where there is none of the name the credential of that
 * name which systemd hands over in a file: that way a secret is in no
 * environment (systemd.exec(5), `LoadCredential=`).
 */
export function variableOrCredential(
  env: EnvReader = (name) => Deno.env.get(name),
): EnvReader {
  return (name) => {
    const value = env(name);
    if (value !== undefined) return value;
    const directory = env("CREDENTIALS_DIRECTORY");
    if (!directory || !/^[A-Za-z_]\w{0,127}$/.test(name)) return undefined;
    return readCredential(`${directory}/${name}`);
  };
}

function readCredential(path: string): string | undefined {
  try {
    if (Deno.statSync(path).size > MAX_CREDENTIAL) return undefined;
    // The line end that an editor puts there is not part of a key.
    return Deno.readTextFileSync(path).replace(/\r?\n$/, "");
  } catch {
    return undefined;
  }
}
