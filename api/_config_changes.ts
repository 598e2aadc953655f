import { membersOf } from "./_members.ts";
import type { Config } from "./config_types.ts";

/** One difference between two configs. */
export interface ConfigChange {
  /** Where, with names in the place of positions: `providers.openai.timeout`. */
  readonly path: string;
  /** In words, without a secret. */
  readonly text: string;
}

/** Members whose values nobody may read, wherever they stand. */
const SECRETS: ReadonlySet<string> = new Set([
  "api_key",
  "api_keys",
  "key",
  "custom_headers",
  "headers",
  "proxy",
  "tls",
  "token",
  "secret",
  "password",
]);
/** Longer values are told by their beginning. */
const MAX_SHOWN = 60;

/** What is different in `after`, in the order of the config. */
export function configChanges(before: Config, after: Config): ConfigChange[] {
  const changes: ConfigChange[] = [];
  compare(before, after, { path: "", changes, secret: false });
  return changes;
}

interface Place {
  readonly path: string;
  readonly changes: ConfigChange[];
  readonly secret: boolean;
}

function compare(before: unknown, after: unknown, place: Place): void {
  if (Object.is(before, after)) return;
  const [olds, news] = [membersOf(before), membersOf(after)];
  if (olds === undefined || news === undefined) {
    return tell(before, after, place);
  }
  for (const name of new Set([...olds.keys(), ...news.keys()])) {
    compare(olds.get(name), news.get(name), {
      path: place.path === "" ? name : `${place.path}.${name}`,
      changes: place.changes,
      secret: place.secret || SECRETS.has(name),
    });
  }
}

function tell(before: unknown, after: unknown, place: Place): void {
  const [old, now] = [JSON.stringify(before), JSON.stringify(after)];
  if (old === now) return;
  const { path, secret } = place;
  const text = old === undefined
    ? `+ ${path}${shown(now, { secret, before: ": " })}`
    : now === undefined
    ? `- ${path}`
    : secret
    ? `${path}: another value (secret)`
    : `${path}: ${short(old)} → ${short(now)}`;
  place.changes.push({ path, text });
}

function shown(
  value: string | undefined,
  { secret, before }: { readonly secret: boolean; readonly before: string },
): string {
  // A whole entry may hold secrets further down.
  if (value === undefined || secret || value.startsWith("{")) return "";
  return before + short(value);
}

function short(json: string): string {
  return json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}…` : json;
}
