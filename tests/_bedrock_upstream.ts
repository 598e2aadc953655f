import { parse } from "yaml";
import { TestUpstream } from "../core/_test_upstream.ts";
import { recordingsPresent } from "./_recordings.ts";

/** An exchange with Bedrock, its body as it was on the wire. */
export interface BedrockRecording {
  readonly name: string;
  /** The model's id, escaped as it was asked for. */
  readonly path: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
  readonly stream: boolean;
}

const ROOT = new URL("../../shared/corpus/recordings/", import.meta.url);

interface Interaction {
  readonly request: { readonly url: string; readonly body: string };
  readonly response: { readonly body: string | Uint8Array };
}

/** Every recorded exchange with Bedrock. */
export async function loadBedrockRecordings(): Promise<BedrockRecording[]> {
  if (!recordingsPresent) return [];
  const recordings: BedrockRecording[] = [];
  for (const folder of ["TestBedrockCommon/", "TestBedrockBasicAuth/"]) {
    for (const file of await filesIn(new URL(folder, ROOT))) {
      const text = await Deno.readTextFile(file);
      const { interactions } = parse(text, { customTags: ["binary"] }) as {
        interactions: Interaction[];
      };
      for (const [index, { request, response }] of interactions.entries()) {
        const { body } = response;
        const stream = typeof body !== "string";
        recordings.push({
          name: `${file.href.slice(ROOT.href.length)}#${index}`,
          path: new URL(request.url).pathname,
          request: JSON.parse(request.body),
          body: stream ? body : new TextEncoder().encode(body),
          stream,
        });
      }
    }
  }
  return recordings;
}

async function filesIn(folder: URL): Promise<URL[]> {
  const files: URL[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files.push(...await filesIn(new URL(`${name}/`, folder)));
    else if (name.endsWith(".yaml")) files.push(new URL(name, folder));
  }
  return files.sort((a, b) => a.href < b.href ? -1 : 1);
}

/** What a {@linkcode BedrockUpstream} answers. */
export interface BedrockAnswer {
  readonly body: Uint8Array;
  readonly stream: boolean;
  /** @default {200} */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Write byte by byte. */
  readonly bytewise?: boolean;
}

/** An upstream that answers every request alike, as it was told last. */
export class BedrockUpstream implements AsyncDisposable {
  readonly #upstream: TestUpstream;
  readonly #told: { answer: BedrockAnswer };

  /** Use {@linkcode BedrockUpstream.start}. */
  constructor(upstream: TestUpstream, told: { answer: BedrockAnswer }) {
    this.#upstream = upstream;
    this.#told = told;
  }

  set answer(answer: BedrockAnswer) {
    this.#told.answer = answer;
  }

  /** Listens on a free port. */
  static async start(): Promise<BedrockUpstream> {
    const told = { answer: { body: new Uint8Array(), stream: false } };
    const upstream = await TestUpstream.start(async (request) => {
      const { body, stream, status = 200, bytewise, headers = {} }:
        BedrockAnswer = told.answer;
      const type = stream
        ? "application/vnd.amazon.eventstream"
        : "application/json";
      const all = { "content-type": type, ...headers };
      if (!bytewise) return await request.respond(body, all, status);
      const fields = Object.entries(all).map(([k, v]) => `${k}: ${v}\r\n`);
      await request.write(
        `HTTP/1.1 ${status} Test\r\ntransfer-encoding: chunked\r\n${
          fields.join("")
        }\r\n`,
      );
      for (const byte of body) {
        await request.write(new Uint8Array([49, 13, 10, byte, 13, 10]));
      }
      await request.write("0\r\n\r\n");
    });
    return new BedrockUpstream(upstream, told);
  }

  /** Where it is. */
  get origin(): string {
    return new URL(this.#upstream.url()).origin;
  }

  /** The requests so far. */
  get requests(): TestUpstream["requests"] {
    return this.#upstream.requests;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#upstream.close();
  }
}
