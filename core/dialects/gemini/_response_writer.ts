import type { FinishClass, Usage } from "../../answer.ts";
import type { JsonObject } from "../_json.ts";
import { encodeFinishReason } from "./finish.ts";
import { encodeUsage } from "./usage.ts";

/** What one object of an answer holds. */
export interface ResponsePiece {
  /** Parts as JSON texts. */
  readonly parts: readonly string[];
  /** Why the answer ended, in its last piece. */
  readonly finish?: FinishClass;
  /** What the text rests on, in the last piece. */
  readonly grounding?: JsonObject | undefined;
  /** The answer has said nothing at all. */
  readonly isSilent?: boolean;
}

/** Writes the objects of one answer, which have its id, its model and the counts so far in common. */
export class ResponseWriter {
  readonly #ending: string;
  #usage = "";

  /** Begins an answer; one without an id gets one. */
  constructor({ id, model }: { readonly id: string; readonly model: string }) {
    const known = id || crypto.randomUUID().replaceAll("-", "");
    this.#ending = `"modelVersion":${JSON.stringify(model)},"responseId":${
      JSON.stringify(known)
    }}`;
  }

  /** Takes the counts so far. */
  count(usage: Usage | undefined): void {
    if (usage === undefined) return;
    this.#usage = `"usageMetadata":${JSON.stringify(encodeUsage(usage))},`;
  }

  /** One object, as JSON text. */
  write(
    { parts, finish, grounding, isSilent = false }: ResponsePiece,
  ): string {
    const content = `"content":{"parts":[${parts.join()}],"role":"model"},`;
    const reason = finish === undefined
      ? ""
      : `"finishReason":"${encodeFinishReason(finish)}",`;
    const sources = grounding === undefined
      ? ""
      : `"groundingMetadata":${JSON.stringify(grounding)},`;
    // D16: how the provider itself tells that it has not answered at all.
    const feedback = isSilent && finish === "filter"
      ? `"promptFeedback":{"blockReason":"SAFETY"},`
      : "";
    return `{"candidates":[{${content}${reason}${sources}"index":0}],${feedback}${this.#usage}${this.#ending}`;
  }
}
