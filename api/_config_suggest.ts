import { keyIndex } from "./_config_keys.ts";
import type { Step } from "./_config_path.ts";
import { gap, MAX_LENGTH, mean, nearest } from "./_nearest.ts";

const MAX_OWNERS = 3;

/**
 * What an unknown key was probably meant to be, ready to end a message:
 * ` (did you mean 'port'?)`, ` (belongs under server)` or nothing.
 */
export function suggestKey(key: string, path: readonly Step[]): string {
  if (key.length > MAX_LENGTH) return "";
  const { keysAt, owners } = keyIndex();
  const here = keysAt(path);
  const near = nearest(key, here);
  if (near !== undefined && (gap(key, near) <= 1 || isWord(key, near))) {
    return mean(near);
  }
  const elsewhere = owners.get(key);
  if (elsewhere !== undefined) return belongs(elsewhere);
  const joined = joinedKey(key, owners);
  if (joined !== undefined) return mean(joined);
  if (near !== undefined) return mean(near);
  const far = nearest(key, [...owners.keys()], 1);
  const places = far === undefined ? undefined : owners.get(far);
  if (far === undefined || places?.length !== 1) return "";
  return mean(places[0] === "" ? far : `${places[0]}.${far}`);
}

/** `server_port` and `server.port` are written by the same people. */
function joinedKey(
  key: string,
  owners: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  for (const [other, places] of owners) {
    for (const place of places) {
      if (place !== "" && gap(key, place + other) === 0) {
        return `${place}.${other}`;
      }
    }
  }
  return undefined;
}

function belongs(owners: readonly string[]): string {
  if (owners.includes("")) return " (belongs at the top level)";
  const named = owners.slice(0, MAX_OWNERS).join(" or ");
  return ` (belongs under ${named})`;
}

/** Whether a key is one of the words of another: `url` here is `base_url` rather than a `url` elsewhere. */
function isWord(word: string, key: string): boolean {
  return key.split("_").includes(word);
}
