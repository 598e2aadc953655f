import { parse } from "yaml";

const ROOT = new URL("../../../../shared/corpus/recordings/", import.meta.url);

/** One recorded exchange. */
export interface Recording {
  /** File and number, for messages. */
  readonly name: string;
  readonly host: string;
  /** JSON text. */
  readonly request: string;
  readonly body: string;
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

/** All recorded exchanges in this dialect that went well. */
export function readRecordings(): Recording[] {
  const recordings: Recording[] = [];
  for (const path of yamlFiles(ROOT)) {
    const text = Deno.readTextFileSync(path);
    if (!/url: .*\/chat\/completions/.test(text)) continue;
    const { interactions } = parse(text) as Cassette;
    for (const [index, { request, response }] of interactions.entries()) {
      const { host, pathname } = new URL(request.url);
      if (!pathname.endsWith("/chat/completions")) continue;
      if (response.code !== 200) continue;
      recordings.push({
        name: `${path.pathname.slice(ROOT.pathname.length)} #${index}`,
        host,
        request: request.body,
        body: response.body,
      });
    }
  }
  return recordings;
}

/** Whether a body is a stream of events. */
export function isStream({ body }: Recording): boolean {
  return /^(?:data|event|:)/.test(body.trimStart());
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
