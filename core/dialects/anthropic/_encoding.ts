import type { Part } from "../../conversation.ts";
import type { LossReport } from "../../loss_report.ts";
import type { CacheMarks } from "./_cache_marks.ts";
import type { ModelTraits } from "./_models.ts";

/** What every step of encoding one request needs. */
export interface Encoding {
  /** The provider's name in the config, for the loss report. */
  readonly provider: string;
  readonly traits: ModelTraits;
  readonly losses: LossReport;
  readonly cacheMarks: CacheMarks;
}

/** Where in the request a part is and what it takes to encode it. */
export interface Site {
  /** The caller's field, for example `messages[0].content[1]`. */
  readonly param: string;
  readonly encoding: Encoding;
}

/** Whether a text has anything in it that the provider accepts (C45). */
export function isBlank(text: string): boolean {
  return !/\S/.test(text);
}

/** Whether a part becomes a block: blank text and unsigned thought do not. */
export function isSendable(part: Part): boolean {
  switch (part.type) {
    case "text":
    case "refusal":
      return !isBlank(part.text);
    case "reasoning":
      return part.signature !== undefined || part.redacted !== undefined;
    default:
      return true;
  }
}
