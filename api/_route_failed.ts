import { GatewayError } from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";
import { toldError } from "./relay_stream.ts";
import { streamError } from "./stream_answer.ts";

/** Ends a request that no deployment has answered: an answer that has begun with an error in it. */
export async function routeFailed(
  error: unknown,
  context: RequestContext,
): Promise<never> {
  const { record, record: { open } } = context;
  // Nobody has gone on with it.
  if (open?.isBroken) {
    open.write(streamError(record, toldError(error)));
    open.fail();
  }
  throw await meantError(error, context);
}

/** The error of a request, with the model that was probably meant; what compares names is loaded where one is wrong. */
async function meantError(
  error: unknown,
  context: RequestContext,
): Promise<unknown> {
  if (!(error instanceof GatewayError) || error.code !== "model_not_found") {
    return error;
  }
  const { withMeantModel } = await import("./_meant_model.ts");
  return withMeantModel(error, context);
}
