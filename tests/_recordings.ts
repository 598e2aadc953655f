import { parse } from "yaml";
import type { Summary } from "./_summary.ts";

/** One recorded exchange between a program and a provider. */
export interface Recording {
  /** The recording's path and number, for messages. */
  readonly name: string;
  readonly url: string;
  /** The request body. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly contentType: string;
  /** The answer's body, as it was on the wire. */
  readonly body: string;
  /** The body is an event stream. */
  readonly stream: boolean;
  /** What it says, where that is known without reading it. */
  readonly truth?: Summary;
}

interface Interaction {
  readonly request: { readonly url: string; readonly body: string };
  readonly response: {
    readonly body: string;
    readonly code: number;
    readonly headers?: Readonly<Record<string, readonly string[]>>;
  };
}

const ROOT = new URL("../../shared/corpus/recordings/", import.meta.url);

/** Whether the recordings are beside the project. */
export const recordingsPresent: boolean = await Deno.stat(ROOT)
  .then(() => true, () => false);

if (!recordingsPresent) {
  // deno-lint-ignore no-console
  console.log("no recordings at ../shared/corpus/recordings: replays skipped");
}

/** Every recorded exchange whose address passes the test, in a stable order. */
export async function loadRecordings(
  wanted: (url: string) => boolean,
): Promise<Recording[]> {
  if (!recordingsPresent) return [];
  const files: string[] = [];
  await walk(ROOT, files);
  const recordings = await Promise.all(
    files.sort().map((file) => read(file, wanted)),
  );
  return recordings.flat();
}

async function walk(folder: URL, files: string[]): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) await walk(url, files);
    else if (entry.name.endsWith(".yaml")) files.push(url.href);
  }
}

async function read(
  file: string,
  wanted: (url: string) => boolean,
): Promise<Recording[]> {
  const text = await Deno.readTextFile(new URL(file));
  // Parsing is the dear part: a file of other addresses is passed over unparsed.
  const urls = [...text.matchAll(/^ {4,}url: (.+)$/gm)].map(([, url]) => url);
  if (!urls.some((url) => url !== undefined && wanted(url))) return [];
  const { interactions } = parse(text) as { interactions: Interaction[] };
  const name = file.slice(ROOT.href.length);
  return interactions.flatMap((interaction, index) => {
    const { request, response } = interaction;
    if (!wanted(request.url)) return [];
    const contentType = response.headers?.["Content-Type"]?.[0] ?? "";
    return [{
      name: `${name}#${index}`,
      url: request.url,
      request: JSON.parse(request.body),
      status: response.code,
      contentType,
      body: response.body,
      stream: contentType.startsWith("text/event-stream"),
    }];
  });
}

/** The places behind each event of a stream, the last one being its end. */
export function eventEnds(body: string): number[] {
  return [...body.matchAll(/\r?\n\r?\n/g)].map(({ index, 0: gap }) =>
    index + gap.length
  );
}
