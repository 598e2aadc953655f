/**
 * The request half of the canonical vocabulary: what a caller asked, in no
 * provider's words. Every dialect decodes into these types and encodes from
 * them, so translations are N decoders and M encoders, never N × M pairs.
 *
 * @module
 */

import type { Citation } from "./citation.ts";

/** A breakpoint of the provider's prompt cache, set behind a part or a tool. */
export interface CacheControl {
  /** How long the provider keeps the prefix. Absent: the provider's default. */
  readonly ttl?: "5m" | "1h";
}

/** Plain text. */
export interface TextPart {
  /** Tells the kinds apart. */
  readonly type: "text";
  /** The words. */
  readonly text: string;
  /**
   * Gemini's proof of the thought behind a text of its own, sent back on the
   * same part; the text may be empty (D9, D11).
   */
  readonly signature?: string;
  /** Sources that a text of an answer rests on. */
  readonly citations?: readonly Citation[];
  /** A breakpoint of the prompt cache behind this. */
  readonly cacheControl?: CacheControl;
}

/** A picture, by address or by value. Exactly one of `url` and `data` is set. */
export interface ImagePart {
  /** Tells the kinds apart. */
  readonly type: "image";
  /** An `https:` address. */
  readonly url?: string;
  /** Base64 without a `data:` prefix; `mediaType` is then set. */
  readonly data?: string;
  /** For example `image/png`. */
  readonly mediaType?: string;
  /** How closely the model should look. */
  readonly detail?: "auto" | "low" | "high";
  /** A breakpoint of the prompt cache behind this. */
  readonly cacheControl?: CacheControl;
}

/** A document, by address, by value or by the provider's file id. */
export interface FilePart {
  /** Tells the kinds apart. */
  readonly type: "file";
  /** An `https:` address. */
  readonly url?: string;
  /** Base64 without a `data:` prefix; `mediaType` is then set. */
  readonly data?: string;
  /** An id of the provider's own file store. */
  readonly fileId?: string;
  /** For example `application/pdf`. */
  readonly mediaType?: string;
  /** The file's name, where the caller gave one. */
  readonly filename?: string;
  /** A breakpoint of the prompt cache behind this. */
  readonly cacheControl?: CacheControl;
}

/** Recorded sound by value. */
export interface AudioPart {
  /** Tells the kinds apart. */
  readonly type: "audio";
  /** Base64. */
  readonly data: string;
  /** For example `wav` or `mp3`. */
  readonly format: string;
}

/** What the model thought before it answered. */
export interface ReasoningPart {
  /** Tells the kinds apart. */
  readonly type: "reasoning";
  /** Readable thought; may be empty when only the signature was shown. */
  readonly text: string;
  /** The provider's proof of its own thought, sent back unmodified. */
  readonly signature?: string;
  /** Thought that only the provider can read; `text` is then empty. */
  readonly redacted?: string;
}

/** What the model declined to do, in its words. */
export interface RefusalPart {
  /** Tells the kinds apart. */
  readonly type: "refusal";
  /** The words. */
  readonly text: string;
}

/** A call of a tool by the model. */
export interface ToolCallPart {
  /** Tells the kinds apart. */
  readonly type: "tool_call";
  /** Joins the call and its result. */
  readonly id: string;
  /** The tool's name. */
  readonly name: string;
  /** JSON text of an object, byte for byte as the model wrote it. */
  readonly arguments: string;
  /** Gemini's proof of the thought behind the call, sent back on the same part (D9). */
  readonly signature?: string;
  /** A breakpoint of the prompt cache behind this. */
  readonly cacheControl?: CacheControl;
}

/** What a tool answered. */
export interface ToolResultPart {
  /** Tells the kinds apart. */
  readonly type: "tool_result";
  /** The id of the call that this answers. */
  readonly callId: string;
  /** What was said, piece by piece. */
  readonly parts: readonly (TextPart | ImagePart | FilePart)[];
  /** The tool failed. */
  readonly isError?: boolean;
  /** A breakpoint of the prompt cache behind this. */
  readonly cacheControl?: CacheControl;
}

/** One piece of a message. */
export type Part =
  | TextPart
  | ImagePart
  | FilePart
  | AudioPart
  | ReasoningPart
  | RefusalPart
  | ToolCallPart
  | ToolResultPart;

/** Who speaks. `tool` messages hold tool results only. */
export type Role = "system" | "developer" | "user" | "assistant" | "tool";

/** One turn, or one of several in a row by the same speaker. */
export interface Message {
  /** Who speaks. */
  readonly role: Role;
  /** What was said, piece by piece. */
  readonly parts: readonly Part[];
  /** A participant's name, where the dialect has one. */
  readonly name?: string;
}

/** A function that the model may call. */
export interface Tool {
  /** The tool's name. */
  readonly name: string;
  /** What it does, for the model. */
  readonly description?: string;
  /** JSON Schema of the arguments: an object schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether arguments must follow the schema to the letter. */
  readonly strict?: boolean;
  /** A breakpoint of the prompt cache behind this. */
  readonly cacheControl?: CacheControl;
}

/** Whether and which tool must be called. */
export type ToolChoice =
  | { readonly type: "auto" | "none" | "required" }
  | { readonly type: "tool"; readonly name: string };

/** The form that the answer must have. Absent: free text. */
export type OutputFormat =
  | { readonly type: "json" }
  | {
    readonly type: "json_schema";
    readonly name: string;
    readonly schema: Readonly<Record<string, unknown>>;
    readonly description?: string;
    readonly strict?: boolean;
  };

/** How hard the model should think. `none` switches thinking off. */
export type Effort =
  | "none"
  | "minimal"
  | "low"
  | "medium"
  | "high"
  | "xhigh"
  | "max";

/** Sampling and penalties, in OpenAI's ranges. */
export interface Sampling {
  /** 0 to 2. */
  readonly temperature?: number;
  /** 0 to 1. */
  readonly topP?: number;
  /** How many of the likeliest tokens are drawn from. */
  readonly topK?: number;
  /** -2 to 2. */
  readonly presencePenalty?: number;
  /** -2 to 2. */
  readonly frequencyPenalty?: number;
  /** For repeatable draws, where the provider has them. */
  readonly seed?: number;
  /** Texts that end the answer. */
  readonly stop?: readonly string[];
}

/** A whole request to a language model, in no provider's words. */
export interface Conversation {
  /** The model as the provider names it. */
  readonly model: string;
  /** The turns, oldest first. */
  readonly messages: readonly Message[];
  /** What the model may call. */
  readonly tools?: readonly Tool[];
  /** Whether it must. */
  readonly toolChoice?: ToolChoice;
  /** `false`: at most one tool call in a turn. */
  readonly parallelToolCalls?: boolean;
  /** The form that the answer must have. */
  readonly output?: OutputFormat;
  /** Upper bound of the answer in tokens, thought included. */
  readonly maxOutputTokens?: number;
  /** How tokens are drawn. */
  readonly sampling: Sampling;
  /** How much the model may think. */
  readonly reasoning?: {
    readonly effort?: Effort;
    readonly budgetTokens?: number;
  };
  /** A stable, opaque id of the end user. */
  readonly endUser?: string;
  /** The caller wants a stream. */
  readonly stream: boolean;
  /** Names of fields that the caller set and this vocabulary has no word for. */
  readonly unmapped: readonly string[];
  /** Values of fields in `unmapped` that some provider may know, such as `safety_settings`. */
  readonly extras?: ReadonlyMap<string, unknown>;
}
