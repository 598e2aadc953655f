import type { Usage } from "../../answer.ts";
import type { PassedHead } from "./_pass_head.ts";
import {
  encodeJson,
  isMutableJson,
  type MutableJson,
  tellCached,
  usageOf,
} from "./_pass_json.ts";
import { decodeChatUsage, laterUsage } from "./usage.ts";

/** The counts of a stream: taken from wherever they ride, told once at the end (A4, A5, A18). */
export class PassedUsage {
  readonly #isWanted: boolean;
  #usage: Usage | undefined;
  /** The counts that matter, as the provider wrote them (N7). */
  #told: MutableJson | undefined;
  /** The provider's own chunk of nothing but counts, where they came in one. */
  #own: { readonly chunk: MutableJson; readonly data?: string } | undefined;

  /** `isWanted`: the client has asked for the counts. */
  constructor(isWanted: boolean) {
    this.#isWanted = isWanted;
  }

  /** The counts so far. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /**
   * Takes the counts off a chunk. One without choices, whose text is `data`, is kept as it is.
   *
   * @returns Whether the chunk had any.
   */
  take(chunk: MutableJson, data: string): boolean {
    const told = usageOf(chunk);
    if (!isMutableJson(told)) return false;
    const usage = decodeChatUsage(told, chunk.service_tier);
    const { choices } = chunk;
    const isAlone = !Array.isArray(choices) || choices.length === 0;
    if (usage && (usage.total > 0 || !this.#told)) {
      this.#told = told;
      const isMended = tellCached(told, usage.cached);
      this.#own = isAlone ? { chunk, ...!isMended && { data } } : undefined;
    }
    this.#usage = laterUsage(this.#usage, usage);
    if (!isAlone && chunk.usage !== null) chunk.usage = undefined;
    return true;
  }

  /** The chunk of counts that goes before the end; `""` where none is due. */
  text(head: PassedHead): string {
    if (!this.#isWanted || !this.#told) return "";
    const { chunk, data } = this.#own ?? {};
    if (chunk === undefined || !Array.isArray(chunk.choices)) {
      const { members } = head;
      const text = encodeJson({ ...members, choices: [], usage: this.#told });
      return `data: ${text}\n\n`;
    }
    const isMended = head.mend(chunk) || data?.includes("\n");
    const text = isMended || data === undefined ? encodeJson(chunk) : data;
    return `data: ${text}\n\n`;
  }
}
