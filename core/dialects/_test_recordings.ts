import { parse } from "yaml";

const ROOT = new URL("../../../shared/corpus/recordings/", import.meta.url);

/** One exchange between a program and a provider, as it was recorded. */
export interface RecordedExchange {
  /** File and number, for messages. */
  readonly name: string;
  readonly url: string;
  /** JSON text. */
  readonly request: string;
  readonly status: number;
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

/**
 * The exchanges of the files that are wanted by their path and text, but for
 * those whose answers are binary. None where there are no recordings.
 */
export function readExchanges(
  isWanted: (path: string, text: string) => boolean,
): RecordedExchange[] {
  if (!hasRecordings()) return [];
  const exchanges: RecordedExchange[] = [];
  for (const file of yamlFiles(ROOT)) {
    const path = file.pathname.slice(ROOT.pathname.length);
    const text = Deno.readTextFileSync(file);
    if (!isWanted(path, text)) continue;
    const { interactions } = parse(text) as Cassette;
    for (const [index, { request, response }] of interactions.entries()) {
      const { body, code: status } = response;
      if (typeof body !== "string") continue;
      const name = `${path} #${index}`;
      const { url } = request;
      exchanges.push({ name, url, request: request.body, status, body });
    }
  }
  return exchanges;
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
