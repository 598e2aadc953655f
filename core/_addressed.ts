import type { DialectTarget, EncodedRequest } from "./dialect.ts";
import { upstreamPath } from "./_upstream_path.ts";

/** The request at Azure's dated API, where the model is a deployment in the path (F1), but for the Responses API, which has it in the body. */
export function addressed(
  request: EncodedRequest,
  { model, quirks }: Pick<DialectTarget, "model" | "quirks">,
): EncodedRequest {
  if (quirks.apiVersion === undefined) return request;
  const { path } = request;
  return {
    ...request,
    path: path === "/responses"
      ? upstreamPath(path, { quirks })
      : upstreamPath(path, { model, quirks }),
  };
}
