/**
 * The answer half of the canonical vocabulary: what a model said, whole or as
 * a stream of events.
 *
 * @module
 */

import type { Citation } from "./citation.ts";
import type {
  ImagePart,
  ReasoningPart,
  RefusalPart,
  TextPart,
  ToolCallPart,
} from "./conversation.ts";

/** Why an answer ended, by class. */
export type FinishClass =
  | "stop"
  | "length"
  | "tool"
  | "filter"
  | "refusal"
  | "error";

/**
 * What of a {@linkcode Usage} has a price of its own, where the provider tells.
 * Token counts are parts of the usage's own, and the parts do not overlap.
 */
export interface UsageDetails {
  /** Input tokens of audio, `cachedAudio` included. */
  readonly audioInput?: number;
  /** The part of `cached` that is audio. */
  readonly cachedAudio?: number;
  /** Input tokens of images, `cachedImage` included. */
  readonly imageInput?: number;
  /** The part of `cached` that is images. */
  readonly cachedImage?: number;
  /** Output tokens of audio. */
  readonly audioOutput?: number;
  /** Output tokens of images. */
  readonly imageOutput?: number;
  /** How often the provider itself searched the web. */
  readonly webSearches?: number;
  /** The service tier that the provider billed, for example `batch` or `flex`. */
  readonly serviceTier?: string;
  /** What the provider says that it charges, in US dollars. */
  readonly cost?: number;
}

/** What an answer cost in tokens, each token counted in one place (see each field). */
export interface Usage {
  /** All input tokens, `cached` and `cacheWrite` included. */
  readonly input: number;
  /** Input tokens read from the provider's prompt cache. */
  readonly cached: number;
  /** Input tokens written to the provider's prompt cache, all lifetimes. */
  readonly cacheWrite: number;
  /** The part of `cacheWrite` that is kept for an hour. */
  readonly cacheWrite1h: number;
  /** All output tokens, `reasoning` included. */
  readonly output: number;
  /** Output tokens spent on thought. */
  readonly reasoning: number;
  /** `input + output`. */
  readonly total: number;
  /** What of these has a price of its own; absent where the provider tells of nothing. */
  readonly details?: UsageDetails;
}

/** A picture that a model drew, by value. */
export type DrawnPart = Required<
  Pick<ImagePart, "type" | "data" | "mediaType">
>;

/** A piece of an answer. */
export type AnswerPart =
  | TextPart
  | ReasoningPart
  | RefusalPart
  | ToolCallPart
  | DrawnPart;

/** A whole answer. */
export interface Answer {
  /** The provider's id of this answer. */
  readonly id: string;
  /** The model that answered, as the provider names it. */
  readonly model: string;
  /** In the order in which the model gave them. */
  readonly parts: readonly AnswerPart[];
  /** Why it ended. */
  readonly finish: FinishClass;
  /** The stop sequence that matched, where the provider tells. */
  readonly stopSequence?: string;
  /** Absent where the provider told none. */
  readonly usage?: Usage;
}

/**
 * One step of a streamed answer.
 *
 * The order is: one `start`; then for each part a `part_start`, any number of
 * `part_delta`, a `part_end`; one `finish`. Parts are numbered from 0 in the
 * order of their start and may overlap. `usage` may come at any time and more
 * than once, the last one counts; `ping` at any time.
 */
export type AnswerEvent =
  | { readonly type: "start"; readonly id: string; readonly model: string }
  | {
    readonly type: "part_start";
    readonly part: number;
    readonly kind: "text" | "refusal";
  }
  | {
    readonly type: "part_start";
    readonly part: number;
    readonly kind: "reasoning";
    /** Thought that only the provider can read. */
    readonly redacted?: string;
  }
  | {
    readonly type: "part_start";
    readonly part: number;
    readonly kind: "tool_call";
    readonly id: string;
    readonly name: string;
    /** Gemini's proof of the thought behind the call (D9). */
    readonly signature?: string;
  }
  | {
    /** A picture comes whole with its start. */
    readonly type: "part_start";
    readonly part: number;
    readonly kind: "image";
    readonly data: string;
    readonly mediaType: string;
  }
  | {
    readonly type: "part_delta";
    readonly part: number;
    readonly text: string;
  }
  | {
    readonly type: "part_end";
    readonly part: number;
    /** Of a thought, or Gemini's of a text. */
    readonly signature?: string;
    /** Sources that a text rests on. */
    readonly citations?: readonly Citation[];
  }
  | { readonly type: "usage"; readonly usage: Usage }
  | {
    readonly type: "finish";
    readonly finish: FinishClass;
    readonly stopSequence?: string;
  }
  | { readonly type: "ping" };
