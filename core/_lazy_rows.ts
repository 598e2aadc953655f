/** Rows of a table that are loaded when they are first asked for, and stay. */
export class LazyRows<Name extends string, Row> {
  readonly #what: string;
  readonly #loaders: Readonly<Record<Name, () => Promise<Row>>>;
  readonly #rows = new Map<string, Row>();

  /** Loads nothing yet. */
  constructor(
    what: string,
    loaders: Readonly<Record<Name, () => Promise<Row>>>,
  ) {
    this.#what = what;
    this.#loaders = loaders;
  }

  /**
   * Has a row loaded.
   *
   * @returns `undefined` where it is there: a request then waits for nothing.
   */
  load(name: Name): Promise<void> | undefined {
    return this.#rows.has(name) ? undefined : this.#fetch(name);
  }

  /** Has every row loaded. */
  async loadAll(): Promise<void> {
    const names = Object.keys(this.#loaders) as Name[];
    await Promise.all(names.map((name) => this.load(name)));
  }

  /**
   * A row that is there; `undefined` where the table has none of this name.
   *
   * @throws {TypeError} where it has one that nobody has loaded.
   */
  find(name: string): Row | undefined {
    const row = this.#rows.get(name);
    if (row === undefined && Object.hasOwn(this.#loaders, name)) {
      throw new TypeError(`Cannot use ${this.#what} '${name}': not loaded`);
    }
    return row;
  }

  /**
   * A row that is there.
   *
   * @throws {TypeError} where nobody has loaded it.
   */
  get(name: Name): Row {
    const row = this.find(name);
    if (row !== undefined) return row;
    throw new TypeError(`Cannot use ${this.#what} '${name}': unknown`);
  }

  // Two at once load one module, and keep the same row twice.
  async #fetch(name: Name): Promise<void> {
    this.#rows.set(name, await this.#loaders[name]());
  }
}
