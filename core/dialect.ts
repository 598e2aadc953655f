import type { Answer, AnswerEvent, FinishClass, Usage } from "./answer.ts";
import type { Conversation, Effort } from "./conversation.ts";
import type { GatewayError, UpstreamError } from "./errors.ts";
import type { JsonDocument } from "./json_document.ts";
import type { LossReport } from "./loss_report.ts";
import type { SseEvent } from "./sse_parser.ts";
import type { StreamFraming } from "./stream_framing.ts";
import type { RequestSource } from "./upstream.ts";

/** What is the same for every request to one provider and shapes its encoding. */
export interface DialectTarget {
  /** The provider's name in the config, used in messages and loss reports. */
  readonly provider: string;
  /** The model as the provider names it. */
  readonly model: string;
  /** How this provider departs from its dialect. */
  readonly quirks: Quirks;
  /** Takes note of what could not be carried over. */
  readonly losses: LossReport;
}

/** How an OpenAI-compatible provider departs from OpenAI: data, not code (wire rules J). */
export interface Quirks {
  /** Fields renamed in a request, for example `max_completion_tokens` → `max_tokens`. */
  readonly rename?: Readonly<Record<string, string>>;
  /**
   * Fields that the provider answers with a 4xx: dropped, and put on the loss
   * report. `messages[].name` is the `name` of each message; `cache_control`
   * and `extra_content` go wherever they stand in messages and tools.
   */
  readonly drop?: readonly string[];
  /**
   * First letters of the models that refuse `max_tokens`, for example `o3`:
   * it is sent to them as `max_completion_tokens` (A20).
   */
  readonly reasoningModels?: readonly string[];
  /** The provider speaks OpenAI's Responses API as well. */
  readonly responses?: true;
  /**
   * The API of OpenAI's by which all clients' requests go. Absent: by Responses
   * where the provider speaks it and either the client does too or the model
   * answers the request by it alone, else by Chat Completions.
   */
  readonly wireApi?: "chat" | "responses" | undefined;
  /** The provider does not know the role `developer`: send `system`. */
  readonly noDeveloperRole?: boolean;
  /** The provider rejects `stream_options`: none is added. */
  readonly noStreamOptions?: boolean;
  /** The provider wants text as one string: it refuses lists of text parts. */
  readonly stringContent?: boolean;
  /** The provider refuses anything but text in a tool's result: pictures stand in a user's message behind it (A24). */
  readonly textResults?: true;
  /** The provider has no `json_schema`: JSON is asked for, and the schema goes into the prompt (J28). */
  readonly noJsonSchema?: boolean;
  /**
   * How the provider is told how hard to think, where `reasoning_effort` is not
   * all: by OpenRouter's `reasoning`, or by a switch `thinking` beside it (O6).
   */
  readonly effort?: "reasoning" | "thinking";
  /**
   * The levels of `reasoning_effort` that models know whose names hold a word;
   * others there refuse all. Absent: by what is known of OpenAI's own models.
   */
  readonly efforts?: readonly (readonly [
    word: string,
    levels: readonly Effort[],
  ])[];
  /**
   * The field in which thought of earlier turns goes back to the provider (J4,
   * J6). Absent: none does.
   */
  readonly thought?:
    | "reasoning_content"
    | "reasoning"
    | "reasoning_details"
    | "extra_content";
  /**
   * Answers begin with thought between `<think>` and `</think>`, which is taken
   * out of what is said (J27). `open`: the first tag is the template's, and not
   * in the answer.
   */
  readonly thinkTags?: "tagged" | "open";
  /** The provider refuses system messages: their text begins the first user's message (A22). */
  readonly noSystemRole?: boolean;
  /** Stands for thought in a turn with tool calls that has none, where the provider must find some (J6). */
  readonly missingThought?: string;
  /** A user's turn may not follow a tool's: the model must have answered before (H6). */
  readonly answersTools?: true;
  /** Ids of tool calls must be this many letters and digits (H4). */
  readonly callIdLength?: number;
  /** Breakpoints of the prompt cache are set in requests that have none, where the dialect has them (C17, E20). */
  readonly cachePoints?: true;
  /**
   * Azure's dated API: the model is a deployment in the path, and this goes in
   * the query (F1).
   */
  readonly apiVersion?: string;
  /**
   * What ends a stream well: OpenAI's `[DONE]`, or a finish reason and a clean
   * end of the body for providers that never send `[DONE]`.
   *
   * @default {"done"}
   */
  readonly streamEnd?: "done" | "finish";
}

/** A request as the provider's dialect writes it. */
export interface EncodedRequest {
  /** Appended to the provider's base URL, for example `/chat/completions`. */
  readonly path: string;
  /** Headers that belong to the dialect, lower case; credentials are the provider's. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/** A request that passes as it is: any method, and a body of any kind. */
export interface PassedRequest {
  /** The HTTP method, in capitals. */
  readonly method: string;
  /** Appended to the provider's base URL, with a query where there is one. */
  readonly path: string;
  /** Lower case; credentials are the provider's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: none. */
  readonly body?: string | RequestSource;
}

/** An answer that is ready for the client. */
export interface TranslatedAnswer {
  /** JSON in the client's dialect; the provider's own text where nothing had to change. */
  readonly body: string;
  /** Token counts, where the provider told them. */
  readonly usage?: Usage | undefined;
  /** Why it ended. */
  readonly finish: FinishClass;
  /** The model that answered, as the provider names it. */
  readonly model: string;
}

/**
 * A stream on its way from a provider to a client: takes the provider's events
 * one at a time and gives the text to send to the client.
 */
export interface StreamTranslator {
  /**
   * Takes one event.
   *
   * @returns Text for the client; often empty.
   * @throws {UpstreamError} when the provider reports a failure or sends what its dialect does not allow.
   */
  push(event: SseEvent): string;
  /**
   * Takes the end of the provider's body.
   *
   * @returns The closing text for the client.
   * @throws {UpstreamError} when the stream had not come to its proper end.
   */
  end(): string;
  /**
   * What ends a stream that has failed after its start, for dialects whose
   * closing events continue the ones before; elsewhere
   * {@linkcode ClientDialect.encodeStreamError} does.
   */
  fail?(error: GatewayError, requestId: string): string;
  /** What a client may hear while the provider is silent (L8). @default {a comment} */
  readonly keepAlive?: string | undefined;
  /** The type of the text. @default {"text/event-stream"} */
  readonly contentType?: string;
  /** Counts content events: text, thought, tool calls, a finish. Pings and bare roles are none. */
  readonly progress: number;
  /** How long the content is that has come, in UTF-16 units; absent where that is not counted. */
  readonly letters?: number;
  /** Whether the proper end has come; what follows is ignored. */
  readonly done: boolean;
  /** Token counts, where the provider told them. */
  readonly usage: Usage | undefined;
  /** Why it ended. */
  readonly finish: FinishClass | undefined;
  /** The model that answered, as the provider names it. */
  readonly model: string | undefined;
}

/** Turns a provider's stream into canonical events. Errors as {@linkcode StreamTranslator}. */
export interface StreamDecoder {
  /** Takes one event. */
  push(event: SseEvent): readonly AnswerEvent[];
  /** The end of the body: closing events, or an error where the proper end is missing. */
  end(): readonly AnswerEvent[];
  /** Whether the proper end has come. */
  readonly done: boolean;
}

/** Turns canonical events into a client's stream. */
export interface StreamEncoder {
  /** Takes one event. */
  push(event: AnswerEvent): string;
  /** As {@linkcode StreamTranslator.fail}. */
  fail?(error: GatewayError, requestId: string): string;
  /** As {@linkcode StreamTranslator.keepAlive}. */
  readonly keepAlive?: string;
}

/** What a client's request asked of the form of a stream. */
export interface StreamOptions {
  /** The client wants token counts at the end. */
  readonly includeUsage: boolean;
  /** The request itself, for dialects whose answers repeat parts of it (B28). */
  readonly request?: JsonDocument;
}

/** What belongs to a request besides its body. */
export interface DecodeOptions {
  /** The caller's headers, by lower-case name. */
  readonly header?: ((name: string) => string | undefined) | undefined;
  /** The model, for dialects that name it in the path. */
  readonly model?: string;
  /** Whether a stream is wanted, for dialects that tell it in the path. */
  readonly stream?: boolean;
}

/** What a gateway needs of a dialect in which clients speak. */
export interface ClientDialect {
  /** Its name in logs and errors. */
  readonly name: string;
  /**
   * Checks what a gateway itself relies on, cheaply: the rest is the
   * provider's to judge where bytes pass.
   *
   * @throws {GatewayError} 400 naming the field at fault (K17).
   */
  check(document: JsonDocument): void;
  /**
   * Reads a request.
   *
   * @throws {GatewayError} naming the field at fault.
   */
  decodeRequest(document: JsonDocument, options?: DecodeOptions): Conversation;
  /**
   * A whole answer as JSON. What of it has no place in this dialect goes on the
   * report. `request` is what is answered: some dialects repeat parts of it (B28).
   */
  encodeAnswer(
    answer: Answer,
    losses?: LossReport,
    request?: JsonDocument,
  ): string;
  /** Makes the encoder of one stream. What of it has no place in this dialect goes on the report. */
  streamEncoder(options: StreamOptions, losses?: LossReport): StreamEncoder;
  /** The body of an error answer: JSON. */
  encodeError(error: GatewayError, requestId: string): string;
  /** The HTTP status of an error, where this dialect has one of its own for it. @default {the error's} */
  errorStatus?(error: GatewayError): number;
  /** What ends a stream that has failed after its start. */
  encodeStreamError(error: GatewayError, requestId: string): string;
}

/** What a gateway needs of a dialect in which a provider speaks. */
export interface ProviderDialect {
  /** Its name in logs and errors. */
  readonly name: string;
  /**
   * Writes a request.
   *
   * @throws {GatewayError} naming the field that this dialect can't carry.
   */
  encodeRequest(
    conversation: Conversation,
    target: DialectTarget,
  ): EncodedRequest;
  /**
   * Reads a whole answer. What of it has no canonical word goes on the report.
   *
   * @throws {UpstreamError} when the body is no valid, whole answer.
   */
  decodeAnswer(body: Uint8Array, losses?: LossReport): Answer;
  /** Makes the decoder of one stream. What of it has no canonical word goes on the report. */
  streamDecoder(losses?: LossReport, quirks?: Quirks): StreamDecoder;
  /** How its streams are cut into events. @default {server-sent events} */
  readonly framing?: StreamFraming;
  /** An answer with an error status, whatever its body. */
  decodeError(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}
