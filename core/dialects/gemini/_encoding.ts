import type { LossReport } from "../../loss_report.ts";
import type { ModelTraits } from "./_models.ts";

/** What every step of encoding one request needs. */
export interface Encoding {
  /** The provider's name in the config, for the loss report. */
  readonly provider: string;
  readonly traits: ModelTraits;
  readonly losses: LossReport;
}

/** Where in the request a part is and what it takes to encode it. */
export interface Site {
  /** The caller's field, for example `messages[0].content[1]`. */
  readonly param: string;
  readonly encoding: Encoding;
}
