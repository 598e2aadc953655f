import { distance } from "fastest-levenshtein";
import { keyIndex } from "./_config_keys.ts";
import type { Step } from "./_config_path.ts";

/** Longer texts are no slips, and comparing them costs. */
const MAX_LENGTH = 64;
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

/** The closest of some words, where one is close enough to be meant. */
export function nearest(
  word: string,
  words: readonly string[],
  most: number = 1 + Math.floor(word.length / 4),
): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  let least = Math.min(most, word.length - 2) + 1;
  for (const candidate of words) {
    const found = gap(word, candidate);
    if (found < least) {
      least = found;
      best = candidate;
    }
  }
  if (best !== undefined) return best;
  // `url` for `base_url`, `warning` for `warn`: only where one word fits.
  const parts = words.filter((it) => isPart(word, it) || isPart(it, word));
  return parts.length === 1 ? parts[0] : undefined;
}

/** ` (did you mean 'x'?)` */
export function mean(word: string): string {
  return ` (did you mean '${word}'?)`;
}

function belongs(owners: readonly string[]): string {
  if (owners.includes("")) return " (belongs at the top level)";
  const named = owners.slice(0, MAX_OWNERS).join(" or ");
  return ` (belongs under ${named})`;
}

/** The number of slips between two words; case and separators do not count. */
function gap(a: string, b: string): number {
  return distance(fold(a), fold(b));
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Whether a key is one of the words of another: `url` here is `base_url` rather than a `url` elsewhere. */
function isWord(word: string, key: string): boolean {
  return key.split("_").includes(word);
}

/** Whether one word begins or ends the other, or is one of its parts. */
function isPart(part: string, whole: string): boolean {
  const inner = fold(part);
  const outer = fold(whole);
  return inner.length >= 3 &&
    (outer.startsWith(inner) || outer.endsWith(inner));
}
