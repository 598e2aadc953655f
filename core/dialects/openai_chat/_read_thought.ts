import type { LossReport } from "../../loss_report.ts";
import type { AnswerParts } from "./_answer_parts.ts";
import { isMutableJson, isName, type MutableJson } from "./_pass_json.ts";
import {
  GEMINI_FORMAT,
  isAnthropicFormat,
  packProof,
} from "./_thought_proof.ts";

/** More signatures than an answer has calls. */
const MAX_SIGNATURES = 1024;

/**
 * Reads the thought of an answer (J4, J6, J12, J22): OpenRouter's
 * `reasoning_details` where they have the words, else `reasoning_content` or
 * `reasoning`. Proofs go with it: Anthropic's as what they are, Gemini's to the
 * call that they are of, others packed with all that their provider gave.
 */
export class ReadThought {
  readonly #parts: AnswerParts;
  readonly #losses: LossReport | undefined;
  /** Gemini's signatures of calls that have not come yet, with their details. */
  readonly #signatures = new Map<string, MutableJson>();
  #index: unknown;

  /** Tells the thought to `parts`; what can't be told goes on the report. */
  constructor(parts: AnswerParts, losses: LossReport | undefined) {
    this.#parts = parts;
    this.#losses = losses;
  }

  /**
   * Takes a message or a delta.
   *
   * @param hasCall Whether the call of an id has begun.
   */
  take(message: MutableJson, hasCall: (id: string) => boolean): void {
    let isTold = false;
    const { reasoning_details: details } = message;
    if (Array.isArray(details)) {
      for (const detail of details) {
        if (isMutableJson(detail) && this.#detail(detail, hasCall)) {
          isTold = true;
        }
      }
    }
    if (isTold) return;
    const { reasoning_content: content, reasoning } = message;
    const text = isName(content) ? content : reasoning;
    if (isName(text)) this.#parts.say("reasoning", text);
  }

  /** Gives the signature of a call that begins. */
  signatureOf(id: string): string | undefined {
    const data = this.#signatures.get(id)?.data;
    this.#signatures.delete(id);
    return isName(data) ? data : undefined;
  }

  /** Ends the answer: signatures of calls that never came are proofs like others. */
  finish(): void {
    for (const detail of this.#signatures.values()) {
      this.#parts.redact(packProof(detail));
    }
    this.#signatures.clear();
  }

  /** Takes one detail and tells whether it had words. */
  #detail(detail: MutableJson, hasCall: (id: string) => boolean): boolean {
    const { type, text, summary, format } = detail;
    if (type === "reasoning.encrypted") {
      this.#encrypted(detail, hasCall);
      return false;
    }
    if (type !== "reasoning.text" && type !== "reasoning.summary") {
      this.#lose();
      return false;
    }
    this.#turnTo(detail.index);
    const words = type === "reasoning.text" ? text : summary;
    if (isName(words)) this.#parts.say("reasoning", words);
    const { signature } = detail;
    if (isName(signature)) {
      if (isAnthropicFormat(format)) this.#sign(signature);
      else this.#lose();
    }
    return isName(words);
  }

  /** Another index is another thought. */
  #turnTo(index: unknown): void {
    if (
      this.#index !== undefined && index !== this.#index &&
      this.#parts.speaking === "reasoning"
    ) this.#parts.close();
    this.#index = index;
  }

  #sign(signature: string): void {
    // The thought itself may be hidden, and only its signature shown (C12).
    if (this.#parts.speaking !== "reasoning") this.#parts.open("reasoning");
    this.#parts.close(signature);
  }

  #encrypted(detail: MutableJson, hasCall: (id: string) => boolean): void {
    const { data, format, id } = detail;
    if (!isName(data)) return this.#lose();
    if (isAnthropicFormat(format)) return this.#parts.redact(data);
    if (
      format === GEMINI_FORMAT && isName(id) && !hasCall(id) &&
      this.#signatures.size < MAX_SIGNATURES
    ) {
      this.#signatures.set(id, detail);
      return;
    }
    this.#parts.redact(packProof(detail));
  }

  #lose(): void {
    this.#losses?.add("dropped", "answer.reasoning_details", "no word for it");
  }
}

/** Gemini's signature as its own OpenAI-compatible endpoint gives it (D9). */
export function readThoughtSignature(
  { extra_content: extra }: MutableJson,
): string | undefined {
  if (!isMutableJson(extra) || !isMutableJson(extra.google)) return undefined;
  const { thought_signature: signature } = extra.google;
  return isName(signature) ? signature : undefined;
}
