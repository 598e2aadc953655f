import type { AttemptLimits } from "./attempt_clock.ts";
import type { Quirks } from "./dialect.ts";
import type { EndpointName } from "./endpoint.ts";
import type { Transport } from "./upstream.ts";

/** The dialects in which providers speak. */
export type DialectName =
  | "openai_chat"
  | "anthropic"
  | "gemini"
  | "bedrock"
  | "vertex"
  | "cohere"
  | "ollama";

/** One configured provider: where it is, how it speaks, how long it may take. */
export interface Provider {
  /** The name in the config, the first half of a `provider/model` address. */
  readonly name: string;
  /** The provider type, for example `openai`; telemetry's `gen_ai.provider.name`. */
  readonly type: string;
  /** The dialect in which it speaks. */
  readonly dialect: DialectName;
  /** Without a trailing slash, for example `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Credentials and custom headers, lower-case names. Never logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** How it departs from its dialect. */
  readonly quirks: Quirks;
  /** How models depart from it that are not like the others there, by their names; whole, the provider's own included. */
  readonly modelQuirks?: ReadonlyMap<string, Quirks>;
  /** What it serves besides conversations. Absent: unknown, so it is asked. */
  readonly endpoints?: ReadonlySet<EndpointName>;
  /** How long an attempt may take. */
  readonly limits: AttemptLimits;
  /** How it is reached. */
  readonly transport: Transport;
  /** The models from the config; `undefined` where the provider is asked. */
  readonly models: readonly string[] | undefined;
}
