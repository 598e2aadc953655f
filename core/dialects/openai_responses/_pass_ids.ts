import { invalidAnswer } from "../_invalid_answer.ts";
import { isMutableJson, type MutableJson } from "../openai_chat/_pass_json.ts";

/** More items than any answer has. */
const MAX_ITEMS = 10_000;

/**
 * Keeps the ids of a stream's items as each one's first event told them: some
 * providers name another one in every event (B7).
 */
export class PassedIds {
  readonly #ids = new Map<number, string>();

  /**
   * Gives an event the ids of its item.
   *
   * @returns Whether something was changed.
   * @throws {UpstreamError} when the answer has too many items.
   */
  mend(event: MutableJson): boolean {
    const { output_index: index, item, item_id: told } = event;
    if (typeof index !== "number") return false;
    const known = this.#ids.get(index);
    const own = isMutableJson(item) ? item.id : told;
    if (known === undefined) {
      if (typeof own === "string") this.#learn(index, own);
      return false;
    }
    if (typeof own !== "string" || own === known) return false;
    if (isMutableJson(item)) item.id = known;
    else event.item_id = known;
    return true;
  }

  /** Gives the items of the last event their ids. */
  mendOutput(output: readonly unknown[]): boolean {
    let changed = false;
    output.forEach((item, index) => {
      const known = this.#ids.get(index);
      if (known === undefined || !isMutableJson(item) || item.id === known) {
        return;
      }
      item.id = known;
      changed = true;
    });
    return changed;
  }

  #learn(index: number, id: string): void {
    if (this.#ids.size === MAX_ITEMS) {
      throw invalidAnswer(`has more than ${MAX_ITEMS} items`);
    }
    this.#ids.set(index, id);
  }
}
