import type { StateStore } from "@llm-proxy/context";
import type * as z from "@zod/zod";
import type { AuditedCommit } from "./audit_log.ts";
import type { modelSelection } from "./_model_selection_schema.ts";

/** What reads selections, loaded where there are some. */
const schemas = () => import("./_model_selection_schema.ts");

/** Which model of a provider was chosen, and what goes with it. */
export type ModelSelection = z.output<typeof modelSelection>;

/** A selection as it is stored. */
export interface StoredSelection {
  readonly selection: ModelSelection;
  /** Changes with every change; it is the `ETag`. */
  readonly version: string;
}

const KEY = "model_selection";

/**
 * The models that were chosen: asked for by the name of their provider alone.
 * They are kept in the state, and in memory as they were last read.
 */
export class ModelSelections {
  readonly #store: StateStore;
  #known: ReadonlyMap<string, ModelSelection> = new Map();
  /** Told when providers are to be tried in another order. */
  onPriorities: () => void = () => {};

  /** Nothing is read yet. */
  constructor(store: StateStore) {
    this.#store = store;
  }

  /** The chosen model's address, where a name is that of a provider with one. */
  resolve(name: string): string | undefined {
    const selection = this.#known.get(name);
    return selection && `${name}/${selection.selected_model}`;
  }

  /** What was chosen, where a name is that of a provider with a choice. */
  of(name: string): ModelSelection | undefined {
    return this.#known.get(name);
  }

  /** The priority of a provider, where one was chosen. */
  priorityOf(provider: string): number | undefined {
    return this.#known.get(provider)?.priority;
  }

  /**
   * Goes by what is stored.
   *
   * @throws {StateError} when the store cannot be read.
   */
  async refresh(): Promise<void> {
    const known = new Map<string, ModelSelection>();
    let cursor: string | undefined;
    do {
      const page = await this.#store.list([KEY], { cursor });
      if (page.entries.length > 0) {
        const { modelSelection } = await schemas();
        for (const { key: [, provider], value } of page.entries) {
          // It may be older than the program.
          const { data } = modelSelection.safeParse(value);
          if (data !== undefined) known.set(String(provider), data);
        }
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    const before = this.#known;
    this.#known = known;
    const names = [...before.keys(), ...known.keys()];
    const isSame = names.every((name) =>
      before.get(name)?.priority === known.get(name)?.priority
    );
    if (!isSame) this.onPriorities();
  }

  /**
   * Reads the selection of a provider.
   *
   * @throws {StateError} when the store cannot be read.
   */
  async read(provider: string): Promise<StoredSelection | undefined> {
    const entry = await this.#store.get([KEY, provider]);
    if (entry === undefined) return undefined;
    const { modelSelection } = await schemas();
    const { data: selection } = modelSelection.safeParse(entry.value);
    return selection && { selection, version: entry.version };
  }

  /**
   * Stores a selection.
   *
   * @param version The version that must be there, `null` for none; left out, whichever is.
   * @param commit Writes it, with whatever is noted of it.
   * @returns `undefined` where another version is there.
   * @throws {StateError} when the store cannot be written.
   */
  async write(
    provider: string,
    {
      selection,
      version,
      commit = (batch) => this.#store.commit(batch),
    }: {
      readonly selection: ModelSelection;
      readonly version?: string | null | undefined;
      readonly commit?: AuditedCommit | undefined;
    },
  ): Promise<StoredSelection | undefined> {
    const key = [KEY, provider];
    const result = await commit({
      checks: version === undefined ? [] : [{ key, version }],
      writes: [{ type: "set", key, value: selection }],
    }, { target: provider, after: selection });
    if (!result.ok) return undefined;
    await this.refresh();
    return { selection, version: result.version };
  }
}
