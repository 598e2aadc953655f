import { parse } from "yaml";
import type { JsonObject } from "../_json.ts";

const ROOT = new URL(
  "../../../../shared/corpus/recordings/",
  import.meta.url,
);

/** One recorded exchange. */
export interface Recording {
  /** File and number, for messages. */
  readonly name: string;
  readonly url: string;
  readonly request: JsonObject;
  readonly body: string;
}

interface Cassette {
  readonly interactions: readonly {
    readonly request: { readonly url: string; readonly body: string };
    readonly response: { readonly code: number; readonly body: unknown };
  }[];
}

/** Whether the recordings are there; they are no part of the project. */
export function hasRecordings(): boolean {
  try {
    return Deno.statSync(ROOT).isDirectory;
  } catch {
    return false;
  }
}

/** All recorded exchanges in this dialect, those of Vertex AI included. */
export function readRecordings(): Recording[] {
  const recordings: Recording[] = [];
  for (const path of yamlFiles(ROOT)) {
    if (!/Google|ImageUpload/.test(path.href)) continue;
    const { interactions } = parse(Deno.readTextFileSync(path)) as Cassette;
    for (const [index, { request, response }] of interactions.entries()) {
      const { url, body } = request;
      if (!/generateContent/i.test(url)) continue;
      if (typeof response.body !== "string") continue;
      recordings.push({
        name: `${path.pathname.slice(ROOT.pathname.length)} #${index}`,
        url,
        request: JSON.parse(body),
        body: response.body,
      });
    }
  }
  return recordings;
}

function* yamlFiles(directory: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(directory)) {
    if (entry.isDirectory) {
      yield* yamlFiles(new URL(`${entry.name}/`, directory));
    } else if (entry.name.endsWith(".yaml")) {
      yield new URL(entry.name, directory);
    }
  }
}
