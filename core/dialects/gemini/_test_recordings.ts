import type { JsonObject } from "../_json.ts";
import { readExchanges } from "../_test_recordings.ts";

export { hasRecordings } from "../_test_recordings.ts";

/** One recorded exchange. */
export interface Recording {
  /** File and number, for messages. */
  readonly name: string;
  readonly url: string;
  readonly request: JsonObject;
  readonly body: string;
}

/** All recorded exchanges in this dialect, those of Vertex AI included. */
export function readRecordings(): Recording[] {
  return readExchanges((path) => /Google|ImageUpload/.test(path))
    .filter(({ url }) => /generateContent/i.test(url))
    .map(({ name, url, request, body }) => ({
      name,
      url,
      request: JSON.parse(request),
      body,
    }));
}
