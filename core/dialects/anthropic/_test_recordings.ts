import { parse } from "yaml";
import type { SseEvent } from "../../sse_parser.ts";

const ROOT = new URL(
  "../../../../shared/corpus/recordings/",
  import.meta.url,
);

/** One recorded exchange. */
export interface Recording {
  /** File and number, for messages. */
  readonly name: string;
  readonly request: Readonly<Record<string, unknown>>;
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

/** All recorded exchanges in this dialect, also those by way of other clouds. */
export function readRecordings(): Recording[] {
  const recordings: Recording[] = [];
  for (const path of yamlFiles(ROOT)) {
    if (
      !/TestAnthropic|anthropic-claude|vertex-claude|BedrockBasic/.test(
        path.href,
      )
    ) {
      continue;
    }
    const { interactions } = parse(Deno.readTextFileSync(path)) as Cassette;
    for (const [index, { request, response }] of interactions.entries()) {
      // Binary bodies are Bedrock's own framing.
      if (typeof response.body !== "string") continue;
      if (!/"type": ?"message(?:_start)?"/.test(response.body)) continue;
      recordings.push({
        name: `${path.pathname.slice(ROOT.pathname.length)} #${index}`,
        request: JSON.parse(request.body),
        body: response.body,
      });
    }
  }
  return recordings;
}

/** The events of a recorded stream. */
export function readEvents(body: string): SseEvent[] {
  return body.split("\n\n").flatMap((record) => {
    const lines = record.split("\n");
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(
        name.length + 2,
      );
    const data = field("data");
    return data === undefined ? [] : [{ event: field("event") ?? "", data }];
  });
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
