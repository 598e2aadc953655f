/** Who a flag is asked for. */
export interface FlagSubject {
  /** The name of the caller's key. */
  readonly key?: string | undefined;
  /** The caller's team. */
  readonly team?: string | undefined;
  /** The route of the HTTP surface, for example `/v1/chat/completions`. */
  readonly route?: string | undefined;
  /** Gives a header by its lower-case name. */
  readonly header?: (name: string) => string | undefined;
  /** What is divided into shares: the same is always in the same one. @default {the key} */
  readonly unit?: string | undefined;
}

/** Whom a share of its own is for: all that is given must fit. */
export interface FlagRule {
  /** Names of keys, of which one must fit. */
  readonly keys?: readonly string[] | undefined;
  /** Teams, of which one must fit. */
  readonly teams?: readonly string[] | undefined;
  /** Routes, of which one must fit. */
  readonly routes?: readonly string[] | undefined;
  /** Headers with the values that they must have, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The share for which it is on, 0 to 1. @default {1} */
  readonly share?: number | undefined;
}

/** For whom a flag is on: all or nobody, or a share, with rules that come first. */
export type FlagDefinition = boolean | {
  /** The share for which it is on, 0 to 1, where no rule fits. @default {0} */
  readonly share?: number | undefined;
  /** Of several that fit the first counts. @default {[]} */
  readonly rules?: readonly FlagRule[] | undefined;
};

/** A change of a flag. */
export interface FlagChange {
  /** The flag's name. */
  readonly flag: string;
  /** What it was; absent where it is new. */
  readonly from: FlagDefinition | undefined;
  /** What it is; absent where it is gone. */
  readonly to: FlagDefinition | undefined;
}

/** How {@linkcode FeatureFlags} begin. */
export interface FeatureFlagsOptions {
  /** The flags by name. @default {{}} */
  readonly flags?: Readonly<Record<string, FlagDefinition>>;
  /** Told of every change: log it. */
  readonly onChange?: (change: FlagChange) => void;
}

/** More flags than anybody looks after. */
const MAX_FLAGS = 10_000;

/**
 * Switches for what is new: on or off, for a share of callers, or by rules.
 * Reading one takes well below a microsecond. A caller stays in its share, in
 * every process and over restarts, and a share that grows keeps whom it had;
 * two flags divide the same callers differently.
 *
 * @example A tenth of the callers, and a team
 * ```ts
 * import { FeatureFlags } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const flags = new FeatureFlags({
 *   flags: { canary: { share: 0.1, rules: [{ teams: ["core"] }] } },
 * });
 * assertEquals(flags.isOn("canary", { key: "a", team: "core" }), true);
 * const on = Array.from({ length: 1000 }, (_, i) => flags.isOn("canary", { key: `k${i}` }));
 * assertEquals(on.filter(Boolean).length > 60, true);
 * assertEquals(flags.isOn("unheard-of", {}), false);
 * ```
 */
export class FeatureFlags {
  readonly #flags = new Map<string, FlagDefinition>();
  readonly #onChange: FeatureFlagsOptions["onChange"];

  /**
   * Takes the flags that there are.
   *
   * @throws {RangeError} as {@linkcode FeatureFlags.set} does.
   */
  constructor({ flags = {}, onChange }: FeatureFlagsOptions = {}) {
    for (const [name, to] of Object.entries(flags)) this.set(name, to);
    this.#onChange = onChange;
  }

  /** How many there are. */
  get size(): number {
    return this.#flags.size;
  }

  /** The flags, by name. */
  get all(): ReadonlyMap<string, FlagDefinition> {
    return this.#flags;
  }

  /** Whether a flag is on for somebody; one that nobody knows is off. */
  isOn(name: string, subject: FlagSubject = {}): boolean {
    const flag = this.#flags.get(name);
    if (flag === undefined) return false;
    if (typeof flag === "boolean") return flag;
    for (const rule of flag.rules ?? []) {
      if (fits(rule, subject)) return isWithin(rule.share ?? 1, name, subject);
    }
    return isWithin(flag.share ?? 0, name, subject);
  }

  /**
   * Changes a flag, or makes one.
   *
   * @throws {RangeError} when a share is not from 0 to 1, or there are too many.
   */
  set(flag: string, to: FlagDefinition): void {
    check(flag, to);
    const from = this.#flags.get(flag);
    if (from === undefined && this.#flags.size >= MAX_FLAGS) {
      throw new RangeError(
        `Cannot make flag '${flag}': there are ${MAX_FLAGS} already`,
      );
    }
    this.#flags.set(flag, to);
    if (!isSame(from, to)) this.#onChange?.({ flag, from, to });
  }

  /** Takes a flag away: it is off then. */
  delete(flag: string): void {
    const from = this.#flags.get(flag);
    if (from === undefined) return;
    this.#flags.delete(flag);
    this.#onChange?.({ flag, from, to: undefined });
  }

  /**
   * Has these flags and no others.
   *
   * @throws {RangeError} as {@linkcode FeatureFlags.set} does; nothing has changed then.
   */
  replace(flags: Readonly<Record<string, FlagDefinition>>): void {
    const entries = Object.entries(flags);
    if (entries.length > MAX_FLAGS) {
      throw new RangeError(
        `Cannot have ${entries.length} flags: ${MAX_FLAGS} are the most`,
      );
    }
    for (const [name, to] of entries) check(name, to);
    for (const name of [...this.#flags.keys()]) {
      if (!Object.hasOwn(flags, name)) this.delete(name);
    }
    for (const [name, to] of entries) this.set(name, to);
  }
}

function fits(
  { keys, teams, routes, headers }: FlagRule,
  { key, team, route, header }: FlagSubject,
): boolean {
  if (keys && (key === undefined || !keys.includes(key))) return false;
  if (teams && (team === undefined || !teams.includes(team))) return false;
  if (routes && (route === undefined || !routes.includes(route))) return false;
  for (const name in headers) {
    if (header?.(name) !== headers[name]) return false;
  }
  return true;
}

/** Who has no unit is nobody in particular: each time another one. */
function isWithin(
  share: number,
  name: string,
  { key, unit = key }: FlagSubject,
): boolean {
  if (share <= 0) return false;
  if (share >= 1) return true;
  return (unit === undefined ? Math.random() : place(name, unit)) < share;
}

/** A place between 0 and 1 for a unit, another one for each flag: FNV-1a, mixed. */
function place(name: string, unit: string): number {
  let hash = 0x811c9dc5;
  for (const text of [name, unit]) {
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
    // Where one ends and the other begins counts as well.
    hash = Math.imul(hash ^ 0x10000, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function check(name: string, flag: FlagDefinition): void {
  if (typeof flag === "boolean") return;
  for (const { share } of [flag, ...flag.rules ?? []]) {
    if (share === undefined || share >= 0 && share <= 1) continue;
    throw new RangeError(
      `Cannot set flag '${name}': a share must be from 0 to 1, not ${share}`,
    );
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
