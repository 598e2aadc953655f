/**
 * What of a request and its answer a guardrail looks at.
 *
 * @example What a `deny` guardrail looks at
 * ```ts
 * import type { GuardrailSide } from "@llm-proxy/api";
 *
 * const side: GuardrailSide = "both";
 * ```
 */
export type GuardrailSide = "input" | "output" | "both";

/**
 * What is common to all guardrails.
 *
 * @example Its name
 * ```ts
 * import type { GuardrailBase } from "@llm-proxy/api";
 *
 * const guardrail: GuardrailBase = { name: "privacy" };
 * ```
 */
export interface GuardrailBase {
  /** What routes, refusals, logs and metrics call it. */
  readonly name: string;
}

/**
 * What is common to those that may end a stream.
 *
 * @example Looks at answers, and ends streams as a content filter does
 * ```ts
 * import type { EndingGuardrail } from "@llm-proxy/api";
 *
 * const guardrail: EndingGuardrail = {
 *   name: "secrets",
 *   on: "output",
 *   mid_stream: "content_filter",
 * };
 * ```
 */
export interface EndingGuardrail extends GuardrailBase {
  /** What it looks at. @default {"both"} */
  readonly on: GuardrailSide;
  /** What a stream ends in that has begun: an error, or the finish of a content filter. @default {"error"} */
  readonly mid_stream: "error" | "content_filter";
}

/**
 * Refuses what holds a phrase, whatever its case, accents and white space.
 *
 * @example A word that nobody may say
 * ```ts
 * import type { DenyGuardrail } from "@llm-proxy/api";
 *
 * const guardrail: DenyGuardrail = {
 *   name: "secrets",
 *   type: "deny",
 *   on: "both",
 *   mid_stream: "error",
 *   phrases: ["project falcon"],
 *   whole_words: true,
 * };
 * ```
 */
export interface DenyGuardrail extends EndingGuardrail {
  /** Its kind. */
  readonly type: "deny";
  /** Words and phrases. */
  readonly phrases: readonly string[];
  /** Whether a phrase must not be a part of a longer word. @default {true} */
  readonly whole_words: boolean;
}

/**
 * Refuses what fits a pattern of RE2's syntax.
 *
 * @example Numbers of tickets
 * ```ts
 * import type { PatternsGuardrail } from "@llm-proxy/api";
 *
 * const guardrail: PatternsGuardrail = {
 *   name: "tickets",
 *   type: "patterns",
 *   on: "output",
 *   mid_stream: "content_filter",
 *   patterns: ["TICKET-[0-9]{6}"],
 *   window: 128,
 * };
 * ```
 */
export interface PatternsGuardrail extends EndingGuardrail {
  /** Its kind. */
  readonly type: "patterns";
  /** What is refused, in RE2's syntax. */
  readonly patterns: readonly string[];
  /** How long a match may be that is surely found in an answer, in UTF-16 units: so much of it is held back. @default {128} */
  readonly window: number;
}

/**
 * What personal data a `pii` guardrail knows.
 *
 * @example Mail addresses
 * ```ts
 * import type { PiiKind } from "@llm-proxy/api";
 *
 * const kind: PiiKind = "email";
 * ```
 */
export type PiiKind = "email" | "phone" | "card" | "iban" | "ip" | "key";

/**
 * Keeps personal data from providers: placeholders go there, and are replaced in the answer.
 *
 * @example Mail addresses alone
 * ```ts
 * import type { PiiGuardrail } from "@llm-proxy/api";
 *
 * const guardrail: PiiGuardrail = { name: "privacy", type: "pii", kinds: ["email"] };
 * ```
 */
export interface PiiGuardrail extends GuardrailBase {
  /** Its kind. */
  readonly type: "pii";
  /** What is masked. @default {all} */
  readonly kinds: readonly PiiKind[];
}

/**
 * Refuses answers that are no JSON of a schema.
 *
 * @example Any object
 * ```ts
 * import type { JsonSchemaGuardrail } from "@llm-proxy/api";
 *
 * const guardrail: JsonSchemaGuardrail = {
 *   name: "shape",
 *   type: "json_schema",
 *   schema: { type: "object" },
 *   repair: true,
 * };
 * ```
 */
export interface JsonSchemaGuardrail extends GuardrailBase {
  /** Its kind. */
  readonly type: "json_schema";
  /** JSON Schema, draft 2020-12. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Whether the model is asked once more, and told what is wrong. @default {true} */
  readonly repair: boolean;
}

/**
 * Refuses what is too long.
 *
 * @example Short requests
 * ```ts
 * import type { MaxGuardrail } from "@llm-proxy/api";
 *
 * const guardrail: MaxGuardrail = {
 *   name: "size",
 *   type: "max",
 *   mid_stream: "error",
 *   input_tokens: 10_000,
 * };
 * ```
 */
export interface MaxGuardrail extends GuardrailBase {
  /** Its kind. */
  readonly type: "max";
  /** UTF-16 units of all texts of a request. */
  readonly input_chars?: number | undefined;
  /** Tokens of a request, as estimated. */
  readonly input_tokens?: number | undefined;
  /** UTF-16 units of an answer. */
  readonly output_chars?: number | undefined;
  /** Tokens of an answer, as estimated. */
  readonly output_tokens?: number | undefined;
  /** As in {@linkcode DenyGuardrail}. @default {"error"} */
  readonly mid_stream: "error" | "content_filter";
}

/**
 * Asks somebody else, over HTTP.
 *
 * @example A moderator of your own
 * ```ts
 * import type { WebhookGuardrail } from "@llm-proxy/api";
 *
 * const guardrail: WebhookGuardrail = {
 *   name: "moderation",
 *   type: "webhook",
 *   on: "input",
 *   url: "https://moderation.example/check",
 *   secret: "a-secret-of-the-docs",
 *   timeout: 2,
 *   fail: "closed",
 * };
 * ```
 */
export interface WebhookGuardrail extends GuardrailBase {
  /** Its kind. */
  readonly type: "webhook";
  /** What it looks at; answers are held back until they are whole. @default {"input"} */
  readonly on: GuardrailSide;
  /** Where texts are posted, as JSON. */
  readonly url: string;
  /** Signs what is posted. */
  readonly secret: string;
  /** Seconds that its answer may take. @default {2} */
  readonly timeout: number;
  /** What happens when it does not answer: `open` lets everything pass. @default {"closed"} */
  readonly fail: "open" | "closed";
}

/**
 * A rule for what goes to models and what comes from them.
 *
 * @example Words that nobody may say
 * ```ts
 * import type { GuardrailConfig } from "@llm-proxy/api";
 *
 * const guardrail: GuardrailConfig = {
 *   name: "secrets",
 *   type: "deny",
 *   phrases: ["project falcon"],
 *   whole_words: true,
 *   on: "both",
 *   mid_stream: "error",
 * };
 * ```
 */
export type GuardrailConfig =
  | DenyGuardrail
  | PatternsGuardrail
  | PiiGuardrail
  | JsonSchemaGuardrail
  | MaxGuardrail
  | WebhookGuardrail;
