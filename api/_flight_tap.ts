import {
  type AnswerEvent,
  answerEvents,
  type FinishClass,
  type GatewayError,
  LossReport,
  type ProviderDialect,
  quirksOf,
  readAnswer,
  type SseEvent,
  type StreamDecoder,
  type StreamTranslator,
  type Usage,
} from "@llm-proxy/core";
import type { AnswerFlight } from "./answer_flight.ts";
import type { AttemptTrace } from "./attempt_trace.ts";

/** Translates a provider's stream for one client, and reads it for a flight. */
export class FlightTap implements StreamTranslator {
  readonly #flight: AnswerFlight;
  readonly #translator: StreamTranslator;
  readonly #decoder: StreamDecoder;
  readonly #reader: ProviderDialect;
  #isWhole = false;
  readonly #losses = new LossReport();
  readonly #trace: AttemptTrace;
  /** What came before the commit point; it may be another attempt that answers. */
  #early: AnswerEvent[] | undefined = [];
  #fault: { readonly error: unknown } | undefined;
  readonly contentType?: string;
  readonly fail?: (error: GatewayError, requestId: string) => string;

  constructor(
    translator: StreamTranslator,
    { flight, reader, trace }: {
      readonly flight: AnswerFlight;
      readonly reader: ProviderDialect;
      readonly trace: AttemptTrace;
    },
  ) {
    const quirks = quirksOf(trace.candidate);
    this.#flight = flight;
    this.#translator = translator;
    this.#trace = trace;
    this.#reader = reader;
    this.#decoder = reader.streamDecoder(this.#losses, quirks);
    if (translator.contentType !== undefined) {
      this.contentType = translator.contentType;
    }
    if (translator.fail !== undefined) {
      this.fail = translator.fail.bind(translator);
    }
  }

  /** Takes a whole answer that came in the stream's place (L12). */
  takeWhole(body: Uint8Array): void {
    const quirks = quirksOf(this.#trace.candidate);
    this.#isWhole = true;
    this.#take(() => {
      const options = { reader: this.#reader, losses: this.#losses, quirks };
      return [...answerEvents(readAnswer(body, options))];
    });
  }

  push(event: SseEvent): string {
    const text = this.#translator.push(event);
    this.#take(() => this.#decoder.push(event));
    return text;
  }

  end(): string {
    const text = this.#translator.end();
    this.#take(() => this.#decoder.end());
    return text;
  }

  /** This attempt has the answer. */
  commit(): void {
    const { provider, model } = this.#trace.candidate;
    this.#flight.begin({ provider: provider.name, model });
    this.#flight.push(this.#early ?? []);
    this.#early = undefined;
    if (this.#fault !== undefined) this.#flight.fail(this.#fault.error);
  }

  /** The client has its proper end. */
  complete(): void {
    if (!this.#isWhole && !this.#decoder.done) {
      this.#take(() => this.#decoder.end());
    }
    if (!this.#losses.empty) this.#flight.lose();
  }

  get progress(): number {
    return this.#translator.progress;
  }

  get done(): boolean {
    return this.#translator.done;
  }

  get usage(): Usage | undefined {
    return this.#translator.usage;
  }

  get finish(): FinishClass | undefined {
    return this.#translator.finish;
  }

  get model(): string | undefined {
    return this.#translator.model;
  }

  /** Reads on; what cannot be read must not be the client's loss. */
  #take(read: () => readonly AnswerEvent[]): void {
    if (this.#fault !== undefined) return;
    try {
      const events = read();
      if (this.#early === undefined) this.#flight.push(events);
      else this.#early.push(...events);
    } catch (error) {
      this.#fault = { error };
      if (this.#early === undefined) this.#flight.fail(error);
    }
  }
}
