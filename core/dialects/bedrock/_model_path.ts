import { pathSegment } from "../../_path_segment.ts";

/**
 * The path of a model by its id or ARN, escaped once, `:` and `/` included
 * (E2, E3). Signing escapes it once more.
 */
export function modelPath(model: string): string {
  const escaped = pathSegment(model).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `/model/${escaped}`;
}
