import type { Quirks } from "./dialect.ts";
import { pathSegment } from "./_path_segment.ts";

/** Where a request goes at a provider: a path, with the version in the query where Azure's dated API asks for one (F1). */
export function upstreamPath(
  path: string,
  { model, quirks: { apiVersion } }: {
    /** The model, where the request is one of a deployment. */
    readonly model?: string;
    readonly quirks: Quirks;
  },
): string {
  if (apiVersion === undefined) return path;
  const place = model === undefined
    ? path
    : `/deployments/${pathSegment(model)}${path}`;
  return `${place}${place.includes("?") ? "&" : "?"}api-version=${
    encodeURIComponent(apiVersion)
  }`;
}
