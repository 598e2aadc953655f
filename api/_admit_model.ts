import type { RequestContext } from "./endpoints.ts";
import type { LimitedRequest } from "./request_limits.ts";

/** What a body is taken for that is no JSON, in bytes. */
const UNTOLD_LENGTH = 4096;

/**
 * Waits for the model that a request asks for to be known, and admits the
 * request to it where there are limits for models; what was taken before is
 * given back where it is refused.
 *
 * @throws {GatewayError} 429 `rate_limit_exceeded`.
 */
export async function admitModel(
  { gateway, record }: RequestContext,
  learning: Promise<void> | void,
): Promise<void> {
  if (learning !== undefined) await record.waiting.during(learning);
  if (!gateway.limits.hasModelRules) return;
  const { requestedModel: model = "" } = record;
  if (record.limitedModel === model) return;
  // What nobody serves is refused anyway, and leaves nothing behind.
  const { selections, table } = gateway;
  if (selections.of(model) === undefined && table.match(model) === undefined) {
    return;
  }
  record.limitedModel = model;
  const { limits } = gateway;
  const request: LimitedRequest = {
    caller: record.access,
    bytes: record.document?.text.length ?? UNTOLD_LENGTH,
    dialect: record.client.name === "anthropic" ? "anthropic" : "openai",
  };
  const { route, admitted: before } = record;
  const preparing = limits.prepareModel(model, request);
  if (preparing !== undefined) await record.waiting.during(preparing);
  // Whatever comes of it, what was taken before is ended by then.
  record.admitted = undefined;
  record.admitted = limits.admitModel(model, { route, request, before });
}
