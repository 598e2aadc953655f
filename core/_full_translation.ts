import { addressed } from "./_addressed.ts";
import type { Answer } from "./answer.ts";
import type {
  ClientDialect,
  DialectTarget,
  EncodedRequest,
  ProviderDialect,
  StreamTranslator,
  TranslatedAnswer,
} from "./dialect.ts";
import type { UpstreamError } from "./errors.ts";
import type { JsonDocument } from "./json_document.ts";
import { keepPassed } from "./passed_thought.ts";
import { isEventStream, readAnswer, WholeDecoder } from "./read_answer.ts";
import { RecodedStream } from "./recoded_stream.ts";
import type { StreamFraming } from "./stream_framing.ts";
import type { ThoughtKeeping } from "./_thought_keeping.ts";
import type { TranslateOptions, Translation } from "./translation.ts";

/** What a {@linkcode FullTranslation} is made of. */
export interface FullTranslationParts {
  readonly document: JsonDocument;
  readonly client: ClientDialect;
  readonly target: DialectTarget;
  /** What reads an answer; nothing reads what passes in a dialect that no provider is spoken to in. */
  readonly reader: ProviderDialect | undefined;
  readonly keeping: ThoughtKeeping | undefined;
  /** Whether bytes pass: then nobody has looked for thought in them. */
  readonly isPassed: boolean;
  readonly options: TranslateOptions;
}

/** A way there and back, with what every way has: the forms of an answer that were not asked for (L12). */
export class FullTranslation implements Translation {
  readonly request: EncodedRequest;
  readonly #way: Translation;
  readonly #parts: FullTranslationParts;

  /** Takes a way that goes by itself. */
  constructor(way: Translation, parts: FullTranslationParts) {
    this.request = addressed(way.request, parts.target);
    this.#way = way;
    this.#parts = parts;
  }

  get reader(): ProviderDialect | undefined {
    return this.#parts.reader;
  }

  get framing(): StreamFraming | undefined {
    return this.#way.framing;
  }

  answer(body: Uint8Array): TranslatedAnswer {
    const { reader, keeping, isPassed } = this.#parts;
    if (reader === undefined) return this.#way.answer(body);
    if (isEventStream(body)) return this.#gathered(this.#read(body, reader));
    const told = this.#way.answer(body);
    if (isPassed && keeping !== undefined) {
      keepPassed(body, { text: told.body, reader, keeping });
    }
    return told;
  }

  stream(): StreamTranslator {
    return this.#way.stream();
  }

  streamOf(body: Uint8Array): StreamTranslator | undefined {
    const { reader, client, document, target, options, keeping } = this.#parts;
    if (reader === undefined) return undefined;
    const { includeUsage, losses } = options;
    const thought = keeping?.collector();
    return new RecodedStream(
      new WholeDecoder(this.#read(body, reader)),
      client.streamEncoder({ includeUsage, request: document }, losses),
      { model: target.model, ...(thought && { thought }) },
    );
  }

  error(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError {
    return this.#way.error(status, headers, body);
  }

  #read(body: Uint8Array, reader: ProviderDialect): Answer {
    const { target: { model, quirks, losses } } = this.#parts;
    const told = readAnswer(body, { reader, losses, quirks });
    return told.model === "" ? { ...told, model } : told;
  }

  #gathered(told: Answer): TranslatedAnswer {
    const { client, document, target: { losses }, keeping } = this.#parts;
    keeping?.collector().takeParts(told.parts);
    return {
      body: client.encodeAnswer(told, losses, document),
      ...(told.usage && { usage: told.usage }),
      finish: told.finish,
      model: told.model,
    };
  }
}
