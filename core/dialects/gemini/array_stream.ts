import type { FinishClass, Usage } from "../../answer.ts";
import type { StreamTranslator } from "../../dialect.ts";
import type { GatewayError } from "../../errors.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { encodeGeminiError } from "./encode_error.ts";

/** How an event begins and ends, as both ways of a stream here frame it. */
const HEAD = "data: ";
const TAIL = "\r\n\r\n";

/**
 * The form of `streamGenerateContent` without `alt=sse`: one JSON array of the
 * objects that are the events otherwise (D1).
 */
export class GeminiArrayStream implements StreamTranslator {
  readonly #stream: StreamTranslator;
  #hasBegun = false;
  #hasEnded = false;

  /** Takes the stream in events. */
  constructor(stream: StreamTranslator) {
    this.#stream = stream;
  }

  /** The type of the text. */
  get contentType(): string {
    return "application/json";
  }

  /** White space is all that may stand between the elements. */
  get keepAlive(): string {
    return "\r\n";
  }

  /** Takes one event; see {@linkcode StreamTranslator.push}. */
  push(event: SseEvent): string {
    return this.#elements(this.#stream.push(event));
  }

  /** Takes the end of the body; see {@linkcode StreamTranslator.end}. */
  end(): string {
    return this.#elements(this.#stream.end());
  }

  /** Ends the array with the error. */
  fail(error: GatewayError, requestId: string): string {
    return `${this.#hasBegun ? "," : "["}${
      encodeGeminiError(error, requestId)
    }]`;
  }

  /** How many content events have come. */
  get progress(): number {
    return this.#stream.progress;
  }

  /** Whether the proper end has come. */
  get done(): boolean {
    return this.#stream.done;
  }

  /** The last usage that was told. */
  get usage(): Usage | undefined {
    return this.#stream.usage;
  }

  /** Why the answer ended. */
  get finish(): FinishClass | undefined {
    return this.#stream.finish;
  }

  /** The model that answered. */
  get model(): string | undefined {
    return this.#stream.model;
  }

  /** Events as elements; their JSON has no line breaks. */
  #elements(events: string): string {
    let text = "";
    for (const event of events.split(TAIL)) {
      if (!event.startsWith(HEAD)) continue;
      text += (this.#hasBegun ? ",\r\n" : "[") + event.slice(HEAD.length);
      this.#hasBegun = true;
    }
    if (!this.done || this.#hasEnded) return text;
    // Some streams have their proper end before the body has.
    this.#hasEnded = true;
    return `${text}${this.#hasBegun ? "" : "["}]`;
  }
}
