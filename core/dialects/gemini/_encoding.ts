import type { Message, Part } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
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

/** A request that this dialect can't carry. `action` ends the sentence "Cannot …". */
export function cannotCarry(
  param: string,
  action: string,
  code = "unsupported_value",
): GatewayError {
  return new GatewayError("invalid_request", `Cannot ${action}`, {
    code,
    param,
  });
}

/** A part that its message's role can't have. */
export function misplaced(
  part: Part,
  { param, role }: { readonly param: string; readonly role: Message["role"] },
): GatewayError {
  return cannotCarry(
    param,
    `send content of type '${part.type}' in a message of role '${role}' to this provider`,
  );
}
