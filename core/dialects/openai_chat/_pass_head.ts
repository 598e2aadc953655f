import {
  encodeJson,
  isName,
  isTime,
  type MutableJson,
  nowInSeconds,
} from "./_pass_json.ts";
import { generateChatId } from "./encode_answer.ts";

const OBJECT = "chat.completion.chunk";
/** What some providers repeat in every chunk (J16). */
const TOLD_ONCE = ["citations", "search_results"] as const;

/** The members that all chunks of a stream have in common (A8). */
export class PassedHead {
  readonly #fallbackModel: string;
  /** JSON text of what need be told once. */
  readonly #told = new Map<string, string>();
  #id = "";
  #created = 0;
  #model = "";

  /** `fallbackModel` is named where the provider names none. */
  constructor(fallbackModel: string) {
    this.#fallbackModel = fallbackModel;
  }

  /** The model, once a chunk with a choice has come. */
  get model(): string | undefined {
    return this.#model === "" ? undefined : this.#model;
  }

  /** A new chunk's members besides `choices`. */
  get members(): MutableJson {
    return {
      id: this.#id,
      object: OBJECT,
      created: this.#created,
      model: this.#model,
    };
  }

  /**
   * Gives a chunk the members of the first chunk with a choice; what that one
   * lacks is made up (J23).
   *
   * @returns Whether something was changed.
   */
  mend(chunk: MutableJson): boolean {
    if (this.#id === "") this.#begin(chunk);
    let changed = false;
    if (chunk.id !== this.#id) {
      chunk.id = this.#id;
      changed = true;
    }
    if (chunk.object !== OBJECT) {
      chunk.object = OBJECT;
      changed = true;
    }
    if (chunk.created !== this.#created) {
      chunk.created = this.#created;
      changed = true;
    }
    if (chunk.model !== this.#model) {
      chunk.model = this.#model;
      changed = true;
    }
    return changed;
  }

  /** Removes what an earlier chunk has told in the same words (J16). */
  removeRepeated(chunk: MutableJson): void {
    for (const key of TOLD_ONCE) {
      const value = chunk[key];
      if (value === undefined) continue;
      const text = encodeJson(value);
      if (this.#told.get(key) === text) chunk[key] = undefined;
      this.#told.set(key, text);
    }
  }

  #begin({ id, created, model }: MutableJson): void {
    this.#id = isName(id) ? id : generateChatId();
    this.#created = isTime(created) ? created : nowInSeconds();
    this.#model = isName(model) ? model : this.#fallbackModel;
  }
}
