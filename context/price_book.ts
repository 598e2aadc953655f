import { makePrice, type ModelPrice, type PriceTerms } from "./model_price.ts";
import {
  loadPriceTable,
  type PriceTable,
  type TableModel,
} from "./price_table.ts";

/** A model at a provider, to be priced. */
export interface PricedPlace {
  /** The provider's name. */
  readonly provider: string;
  /** Its address. */
  readonly address: string;
  /** The model as the provider names it. */
  readonly model: string;
}

/** A model whose price is known. */
export interface PricedModel {
  /** What it costs. */
  readonly price: ModelPrice;
  /** The most tokens of request and answer together, where the table tells. */
  readonly contextWindow?: number | undefined;
}

/** What a {@linkcode PriceBook} knows beforehand. */
export interface PriceBookOptions {
  /** Loads the price table; `undefined` for none. @default {loadPriceTable} */
  readonly load?: (() => Promise<PriceTable>) | undefined;
  /** The clock, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** Told when the table cannot be loaded. @default {nobody} */
  readonly onFailure?: (cause: unknown) => void;
}

interface Found {
  readonly model: PricedModel | undefined;
  readonly until: number;
}

/** Some prices depend on the hour. */
const KEEP_MS = 60_000;
/** No model that anybody bills for is called longer; callers may write anything. */
const MAX_NAME = 256;
/** So many models are kept; callers may name any. */
const MAX_FOUND = 2_000;

/**
 * What models cost: by the operator's own prices first, then by a table that is
 * loaded when it is first asked for. An answer never waits for it: until it is
 * there, what only it knows is unknown.
 *
 * @example A price of one's own
 * ```ts
 * import { PriceBook } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const book = new PriceBook({ load: undefined });
 * book.set("acme", "acme-1", {
 *   rates: { input: 0.25, output: 2 },
 *   source: "config",
 *   version: "1",
 * });
 * const place = { provider: "acme", address: "https://acme.test", model: "acme-1" };
 * assertEquals(book.find(place)?.price.terms.rates.output, 2);
 * assertEquals(book.find({ ...place, model: "acme-2" }), undefined);
 * ```
 */
export class PriceBook {
  readonly #own = new Map<string, Map<string, ModelPrice>>();
  readonly #found = new Map<string, Found>();
  readonly #load: (() => Promise<PriceTable>) | undefined;
  readonly #now: () => number;
  readonly #onFailure: (cause: unknown) => void;
  #table: PriceTable | undefined;
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  #usesTable = true;

  /** Knows nothing yet. */
  constructor(options: PriceBookOptions = {}) {
    this.#load = "load" in options ? options.load : loadPriceTable;
    this.#now = options.now ?? Date.now;
    this.#onFailure = options.onFailure ?? (() => {});
  }

  /**
   * Sets the operator's price of a model, before the table's.
   *
   * @throws {RangeError} when a number is negative or not finite.
   */
  set(provider: string, model: string, terms: PriceTerms): void {
    const models = this.#own.get(provider) ?? new Map<string, ModelPrice>();
    models.set(model, makePrice(terms));
    this.#own.set(provider, models);
  }

  /** Forgets the operator's prices, and says whether the table is asked from now on. */
  clear({ usesTable }: { readonly usesTable: boolean }): void {
    this.#own.clear();
    this.#usesTable = usesTable;
  }

  /** Loads the table, where there is one; what fails is told, and not tried again. */
  load(): Promise<void> {
    if (this.#load === undefined || !this.#usesTable) return Promise.resolve();
    this.#loading ??= this.#load().then(
      (table) => {
        this.#table = table;
      },
      this.#onFailure,
    ).finally(() => {
      this.#isLoaded = true;
    });
    return this.#loading;
  }

  /** Whether whatever there is to know is known. */
  get isComplete(): boolean {
    return this.#load === undefined || !this.#usesTable || this.#isLoaded;
  }

  /** What a model costs, as far as that is known at once; begins to load the table where only that can know. */
  find(place: PricedPlace): PricedModel | undefined {
    const price = this.#own.get(place.provider)?.get(place.model);
    const listed = this.#look(place);
    return price === undefined
      ? listed
      : { price, contextWindow: listed?.contextWindow };
  }

  #look(place: PricedPlace): PricedModel | undefined {
    if (!this.#usesTable || place.model.length > MAX_NAME) return undefined;
    if (this.#table === undefined) {
      // Only addresses of the web are billed by anybody whom a table knows.
      if (place.address.startsWith("https:")) void this.load();
      return undefined;
    }
    const key = `${place.address} ${place.model}`;
    const now = this.#now();
    const known = this.#found.get(key);
    if (known !== undefined && now < known.until) return known.model;
    const model = this.#ask(this.#table, place, now);
    if (this.#found.size >= MAX_FOUND) this.#found.clear();
    this.#found.set(key, { model, until: now + KEEP_MS });
    return model;
  }

  #ask(
    table: PriceTable,
    { address, model }: PricedPlace,
    now: number,
  ): PricedModel | undefined {
    let found: TableModel | undefined;
    try {
      found = table.find({ address, model, at: new Date(now) });
    } catch (error) {
      this.#onFailure(error);
    }
    return found && {
      price: makePrice(found.terms),
      contextWindow: found.contextWindow,
    };
  }
}
