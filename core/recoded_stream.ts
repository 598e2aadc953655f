import type { AnswerEvent, FinishClass, Usage } from "./answer.ts";
import type {
  StreamDecoder,
  StreamEncoder,
  StreamTranslator,
} from "./dialect.ts";
import type { GatewayError } from "./errors.ts";
import type { ThoughtCollector } from "./_thought_collector.ts";
import type { SseEvent } from "./sse_parser.ts";

/** What a {@linkcode RecodedStream} may be told. */
export interface RecodedStreamOptions {
  /** The model to name where the provider names none. */
  readonly model?: string;
  /** Collects the thought in front of tool calls. */
  readonly thought?: ThoughtCollector;
}

/** A stream that goes through the canonical vocabulary: a decoder and an encoder in line. */
export class RecodedStream implements StreamTranslator {
  readonly #decoder: StreamDecoder;
  readonly #encoder: StreamEncoder;
  readonly #fallbackModel: string;
  #progress = 0;
  #letters = 0;
  #usage: Usage | undefined;
  #finish: FinishClass | undefined;
  #model: string | undefined;
  /** What ends a stream that has failed, where the encoder has a way of its own. */
  readonly fail?: (error: GatewayError, requestId: string) => string;

  /** What the client may hear while the provider is silent. */
  readonly keepAlive: string | undefined;

  readonly #thought: ThoughtCollector | undefined;

  /** Joins the provider's decoder and the client's encoder; see {@linkcode RecodedStreamOptions}. */
  constructor(
    decoder: StreamDecoder,
    encoder: StreamEncoder,
    options: RecodedStreamOptions = {},
  ) {
    this.#thought = options.thought;
    this.#fallbackModel = options.model ?? "";
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.keepAlive = encoder.keepAlive;
    if (encoder.fail !== undefined) this.fail = encoder.fail.bind(encoder);
  }

  /** Takes one event of the provider's stream. */
  push(event: SseEvent): string {
    return this.#encode(this.#decoder.push(event));
  }

  /** Takes the end of the provider's body. */
  end(): string {
    return this.#encode(this.#decoder.end());
  }

  /** How many content events have come. */
  get progress(): number {
    return this.#progress;
  }

  /** How long the content is that has come. */
  get letters(): number {
    return this.#letters;
  }

  /** Whether the proper end has come. */
  get done(): boolean {
    return this.#decoder.done;
  }

  /** The last usage that was told. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Why the answer ended, once it has. */
  get finish(): FinishClass | undefined {
    return this.#finish;
  }

  /** The model that answered, as the provider names it. */
  get model(): string | undefined {
    return this.#model;
  }

  #encode(events: readonly AnswerEvent[]): string {
    let text = "";
    for (const event of events) {
      this.#note(event);
      this.#thought?.take(event);
      text += this.#encoder.push(
        event.type === "start" && event.model === ""
          ? { ...event, model: this.#fallbackModel }
          : event,
      );
    }
    return text;
  }

  #note(event: AnswerEvent): void {
    switch (event.type) {
      case "start":
        this.#model = event.model || this.#fallbackModel;
        break;
      case "part_start":
        // A text or thought that has only begun is no content yet.
        if (event.kind === "tool_call" || "redacted" in event) this.#progress++;
        break;
      case "part_delta":
        if (event.text !== "") this.#progress++;
        this.#letters += event.text.length;
        break;
      case "usage":
        this.#usage = event.usage;
        break;
      case "finish":
        this.#finish = event.finish;
        this.#progress++;
        break;
    }
  }
}
