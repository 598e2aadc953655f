import type { StateEntry, StateStore } from "@llm-proxy/context";

/** A config that was in force. */
export interface ConfigVersion {
  /** The beginning of its digest: its name. */
  readonly id: string;
  /** When it came in force, in ms since 1970. */
  readonly at: number;
  /** The file's text. */
  readonly text: string;
}

const PREFIX = ["config", "versions"] as const;
/** How many are kept. */
const KEPT = 10;

/**
 * The configs that were in force, in the gateway's state: the last ten, the
 * newest first. They hold what the file held, so they are no safer than it.
 */
export class ConfigVersions {
  readonly #state: StateStore;

  /** Keeps them in a store. */
  constructor(state: StateStore) {
    this.#state = state;
  }

  /** The newest first. */
  async list(): Promise<ConfigVersion[]> {
    const entries = await this.#entries();
    return entries.map(({ value }) => value).filter(isVersion);
  }

  /** The one of a name; the name may be cut short. */
  async find(id: string): Promise<ConfigVersion | undefined> {
    const found = (await this.list()).filter((it) => it.id.startsWith(id));
    return found.length === 1 ? found[0] : undefined;
  }

  /** Keeps what has come in force, unless it is what was in force before. */
  async add(version: ConfigVersion): Promise<void> {
    const entries = await this.#entries();
    if (entries[0]?.value.id === version.id) return;
    const surplus = entries.slice(KEPT - 1).map(({ key }) => key);
    await this.#state.commit({
      writes: [
        { type: "set", key: [...PREFIX, version.at], value: version },
        ...surplus.map((key) => ({ type: "delete", key }) as const),
      ],
    });
  }

  async #entries(): Promise<StateEntry<ConfigVersion>[]> {
    const { entries } = await this.#state.list<ConfigVersion>(PREFIX, {
      limit: 1_000,
    });
    return entries.toReversed();
  }
}

function isVersion(
  value: Partial<ConfigVersion> | null,
): value is ConfigVersion {
  return typeof value?.id === "string" && typeof value.at === "number" &&
    typeof value.text === "string";
}
