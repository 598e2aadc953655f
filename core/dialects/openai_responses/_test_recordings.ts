import { parse } from "yaml";
import { type SseEvent, SseParser } from "../../sse_parser.ts";

const ROOT = new URL("../../../../shared/corpus/recordings/", import.meta.url);

/** One recorded exchange. */
export interface Recording {
  /** File and number, for messages. */
  readonly name: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly stream: boolean;
}

interface Cassette {
  readonly interactions: readonly {
    readonly request: { readonly url: string; readonly body: string };
    readonly response: { readonly code: number; readonly body: string };
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

/** All recorded exchanges in this dialect. */
export function readRecordings(): Recording[] {
  if (!hasRecordings()) return [];
  const recordings: Recording[] = [];
  for (const path of yamlFiles(ROOT)) {
    const text = Deno.readTextFileSync(path);
    if (!/url: .*\/responses$/m.test(text)) continue;
    const { interactions } = parse(text) as Cassette;
    for (const [index, { request, response }] of interactions.entries()) {
      recordings.push({
        name: `${path.pathname.slice(ROOT.pathname.length)} #${index}`,
        request: JSON.parse(request.body),
        body: response.body,
        stream: response.body.startsWith("event:"),
      });
    }
  }
  return recordings;
}

/** The events of a stream. */
export function sseEvents(body: string): SseEvent[] {
  const parser = new SseParser();
  return [
    ...parser.push(new TextEncoder().encode(body)),
    ...parser.end(),
  ];
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
