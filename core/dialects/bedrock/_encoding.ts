import type { CacheControl } from "../../conversation.ts";
import type { LossReport } from "../../loss_report.ts";
import type { CacheMarks } from "../anthropic/_cache_marks.ts";
import type { ModelTraits } from "./_models.ts";

/** What every step of encoding one request needs. */
export interface Encoding {
  /** The provider's name in the config, for the loss report. */
  readonly provider: string;
  readonly traits: ModelTraits;
  readonly losses: LossReport;
  /** Counts the cache points. */
  readonly cacheMarks: CacheMarks;
  /** The names of documents so far: no two may be alike. */
  readonly documents: Set<string>;
}

/** Where in the request a part is and what it takes to encode it. */
export interface Site {
  /** The caller's field, for example `messages[0].content[1]`. */
  readonly param: string;
  readonly encoding: Encoding;
}

/** A cache point to put behind a block, with its comma in front; `""` for none (E20). */
export function cachePoint(
  cacheControl: CacheControl | undefined,
  { provider, traits, losses, cacheMarks }: Encoding,
  place: "content" | "tools" = "content",
): string {
  if (cacheControl === undefined) return "";
  const isTaken = traits.cachePoints === "everywhere" ||
    traits.cachePoints === place;
  if (!isTaken) {
    losses.add("dropped", "cache_control", provider);
    return "";
  }
  if (!cacheMarks.admits()) return "";
  const ttl = cacheControl.ttl === "1h" ? `,"ttl":"1h"` : "";
  return `,{"cachePoint":{"type":"default"${ttl}}}`;
}
