import type { DialectTarget, EncodedRequest } from "./dialect.ts";
import { upstreamPath } from "./_upstream_path.ts";

/** The request at Azure's dated API, where the model is a deployment in the path (F1). */
export function addressed(
  request: EncodedRequest,
  { model, quirks }: Pick<DialectTarget, "model" | "quirks">,
): EncodedRequest {
  if (quirks.apiVersion === undefined) return request;
  return { ...request, path: upstreamPath(request.path, { model, quirks }) };
}
