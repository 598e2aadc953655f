import type { StateStore } from "@llm-proxy/context";
import * as z from "@zod/zod";

/** Which model of a provider was chosen. The settings beside it are kept for programs that read them. */
export const modelSelection = z.strictObject({
  selected_model: z.string().min(1).max(256),
  editable: z.boolean().default(true),
  priority: z.int().min(0).max(1_000_000).optional(),
  max_tokens: z.int().min(1).max(1_000_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
});

/** See {@linkcode modelSelection}. */
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
  readonly #known = new Map<string, ModelSelection>();

  /** Nothing is read yet. */
  constructor(store: StateStore) {
    this.#store = store;
  }

  /** The chosen model's address, where a name is that of a provider with one. */
  resolve(name: string): string | undefined {
    const selection = this.#known.get(name);
    return selection && `${name}/${selection.selected_model}`;
  }

  /**
   * Reads all of them.
   *
   * @throws {StateError} when the store cannot be read.
   */
  async load(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.#store.list([KEY], { cursor });
      for (const { key: [, provider], value } of page.entries) {
        this.#note(String(provider), value);
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /**
   * Reads the selection of a provider.
   *
   * @throws {StateError} when the store cannot be read.
   */
  async read(provider: string): Promise<StoredSelection | undefined> {
    const entry = await this.#store.get([KEY, provider]);
    const selection = this.#note(provider, entry?.value);
    return entry && selection && { selection, version: entry.version };
  }

  /**
   * Stores a selection.
   *
   * @param version The version that must be there, `null` for none; left out, whichever is.
   * @returns `undefined` where another version is there.
   * @throws {StateError} when the store cannot be written.
   */
  async write(
    provider: string,
    { selection, version }: {
      readonly selection: ModelSelection;
      readonly version?: string | null | undefined;
    },
  ): Promise<StoredSelection | undefined> {
    const key = [KEY, provider];
    const result = await this.#store.commit({
      checks: version === undefined ? [] : [{ key, version }],
      writes: [{ type: "set", key, value: selection }],
    });
    if (!result.ok) return undefined;
    this.#note(provider, selection);
    return { selection, version: result.version };
  }

  /** Keeps in mind what was read: it may be older than the program. */
  #note(provider: string, value: unknown): ModelSelection | undefined {
    const read = modelSelection.safeParse(value);
    if (read.success) this.#known.set(provider, read.data);
    else this.#known.delete(provider);
    return read.data;
  }
}
