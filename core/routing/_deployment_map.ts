import type { Deployment } from "./deployment.ts";

/** How a {@linkcode DeploymentMap} keeps what it has. */
export interface DeploymentMapOptions<T> {
  /** How many are kept of those that only callers named. */
  readonly capacity: number;
  /** Whether one must be kept, because it is in use or worth it. */
  readonly isBusy: (value: T) => boolean;
}

/**
 * Something for each deployment, by its id, so that it outlives a reload of the
 * config, which makes the deployments anew (F5).
 *
 * What the config has stays until the config drops it, whatever callers ask for.
 * Of models that only callers name there is no end: of those as many are kept
 * as there is room for, and what nobody has asked for since so many others were
 * goes, unless it is busy; of those a part only.
 */
export class DeploymentMap<T> {
  readonly #options: DeploymentMapOptions<T>;
  readonly #configured = new Map<string, T>();
  /** Of callers' models those asked for lately, and those before them. */
  #recent = new Map<string, T>();
  #older = new Map<string, T>();

  /**
   * Begins empty.
   *
   * @throws {RangeError} when the capacity is less than 1.
   */
  constructor(options: DeploymentMapOptions<T>) {
    const { capacity } = options;
    if (!(capacity >= 1)) {
      throw new RangeError(`'capacity' must be 1 or more, not ${capacity}`);
    }
    this.#options = options;
  }

  /** How many there are. */
  get size(): number {
    return this.#configured.size + this.#recent.size + this.#older.size;
  }

  /** What a deployment has; makes none. */
  get({ id, adHoc }: Deployment): T | undefined {
    const configured = this.#configured.get(id);
    if (configured !== undefined) return configured;
    const recent = this.#recent.get(id);
    if (recent !== undefined && adHoc) return recent;
    const value = recent ?? this.#older.get(id);
    if (value !== undefined) this.#move(id, value, adHoc);
    return value;
  }

  /** Gives a deployment something, in place of what it had. */
  set({ id, adHoc }: Deployment, value: T): void {
    if (!adHoc) this.#configured.set(id, value);
    else this.#keep(id, value);
  }

  /** Keeps of what the config has only these; what is under way still ends well. */
  retain(deployments: Iterable<Deployment>): void {
    const kept = new Set<string>();
    for (const { id } of deployments) kept.add(id);
    for (const id of this.#configured.keys()) {
      if (!kept.has(id)) this.#configured.delete(id);
    }
  }

  /** Everything, by the ids of the deployments. */
  *entries(): Generator<[string, T]> {
    yield* this.#configured;
    yield* this.#recent;
    yield* this.#older;
  }

  /** Used again, or found in the config by now. */
  #move(id: string, value: T, adHoc: boolean): void {
    this.#recent.delete(id);
    this.#older.delete(id);
    if (adHoc) this.#keep(id, value);
    else this.#configured.set(id, value);
  }

  #keep(id: string, value: T): void {
    const { capacity, isBusy } = this.#options;
    this.#recent.set(id, value);
    if (this.#recent.size < capacity / 2) return;
    const gone = this.#older;
    this.#older = this.#recent;
    this.#recent = new Map();
    for (const [id, value] of gone) {
      // Else callers could fill it with what is busy.
      if (this.#recent.size >= capacity / 4) break;
      if (isBusy(value)) this.#recent.set(id, value);
    }
  }
}
