import { GatewayError } from "@llm-proxy/core";
import type { Turns } from "./_turns.ts";

/**
 * Looks through one text that comes in pieces. How it is cut never changes what
 * is found: positions count from the beginning of the whole.
 */
export interface TextScan {
  /**
   * Takes more of the text.
   *
   * @returns Up to where it may be told; what is behind may be the beginning of something.
   * @throws {GuardrailError} when it holds what it must not.
   */
  take(text: string): number;
  /** Takes the end of the text. Throws as {@linkcode TextScan.take} does. */
  end(): void;
  /**
   * Takes a long text from its beginning to its end, in turns with whatever
   * else waits; for what can't be divided otherwise. Throws as
   * {@linkcode TextScan.take} does.
   */
  takeWhole?(text: string, turns: Turns): Promise<void>;
}

/** What a guardrail says of a text. It names the guardrail, and nothing of the text. */
export class GuardrailError extends GatewayError {
  /** The name of the guardrail. */
  readonly guardrail: string;
  /** What a stream ends in. */
  readonly midStream: "error" | "content_filter";

  constructor(
    guardrail: string,
    side: "request" | "answer",
    { midStream = "error", cause }: {
      readonly midStream?: "error" | "content_filter";
      readonly cause?: unknown;
    } = {},
  ) {
    super(
      "invalid_request",
      `The ${side} was refused by the guardrail '${guardrail}'`,
      {
        code: "content_policy_violation",
        ...(cause !== undefined && { cause }),
      },
    );
    this.guardrail = guardrail;
    this.midStream = midStream;
  }
}
