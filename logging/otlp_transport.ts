/** What is sent: each has a place of its own at a collector. */
export type OtlpSignal = "traces" | "metrics";

/** What is sent in one go. */
export interface OtlpMessage {
  /** Which of the collector's places it is for. */
  readonly signal: OtlpSignal;
  /** The encoded request. */
  readonly body: Uint8Array;
  /** Aborted when it has taken too long. */
  readonly abort: AbortSignal;
}

/** The way to a collector: one adapter for HTTP, one for gRPC, one contract test for both. */
export interface OtlpTransport {
  /**
   * Sends a message.
   *
   * @returns The encoded answer.
   * @throws {OtlpError} when the collector did not take it.
   */
  send(message: OtlpMessage): Promise<Uint8Array>;
  /** Closes its connections. */
  close(): void;
}

/** A collector that did not take what was sent. */
export class OtlpError extends Error {
  override readonly name = "OtlpError";
  /** Whether it may take the same later. */
  readonly retryable: boolean;

  /** Its message holds no address and no header. */
  constructor(
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}
