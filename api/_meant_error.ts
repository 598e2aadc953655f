import { GatewayError } from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";

/** The error of a request, with the model that was probably meant; what compares names is loaded where one is wrong. */
export async function meantError(
  error: unknown,
  context: RequestContext,
): Promise<unknown> {
  if (!(error instanceof GatewayError) || error.code !== "model_not_found") {
    return error;
  }
  const { withMeantModel } = await import("./_meant_model.ts");
  return withMeantModel(error, context);
}
