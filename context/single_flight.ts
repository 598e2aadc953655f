/** One piece of work that several wait for. */
interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Does the same work once for all who want it at the same time.
 *
 * Who is no longer interested leaves alone: the work goes on for the others,
 * whoever asked first, and is aborted when nobody is left. Its failure is told
 * to all who wait then; whoever comes later begins anew.
 *
 * @example Two who ask, one call
 * ```ts
 * import { SingleFlight } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const flights = new SingleFlight<number>();
 * let calls = 0;
 * const ask = () => flights.run("answer", () => Promise.resolve(41 + ++calls));
 * assertEquals(await Promise.all([ask(), ask()]), [42, 42]);
 * ```
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** How many pieces of work are under way. */
  get size(): number {
    return this.#flights.size;
  }

  /** Whether work of this name is under way. */
  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /**
   * Does the work, or waits for the same work that is under way.
   *
   * @param work Is given a signal that is aborted when nobody waits any more.
   * @param signal Ends the wait of this caller.
   * @throws {unknown} what the work throws, or the reason of the signal.
   */
  async run(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#begin(key, work);
    flight.waiting++;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal?.reason);
    signal?.addEventListener("abort", leave);
    try {
      return await (signal
        ? Promise.race([flight.result, left.promise])
        : flight.result);
    } finally {
      signal?.removeEventListener("abort", leave);
      if (--flight.waiting === 0 && this.#forget(key, flight)) {
        flight.controller.abort();
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const result = (async () => await work(controller.signal))();
    const flight: Flight<T> = { result, controller, waiting: 0 };
    this.#flights.set(key, flight);
    // Nobody may be left to hear of its failure.
    const end = (): boolean => this.#forget(key, flight);
    result.then(end, end);
    return flight;
  }

  /** Who comes after this begins anew; false where it was forgotten before. */
  #forget(key: string, flight: Flight<T>): boolean {
    return this.#flights.get(key) === flight && this.#flights.delete(key);
  }
}
