import { type SseEvent, SseParser } from "./sse_parser.ts";

/** Cuts the body of one streamed answer into events as it arrives, wherever its chunks are cut. */
export interface StreamParser {
  /**
   * Takes the next bytes; they are not kept.
   *
   * @returns The events that these bytes complete; often none.
   * @throws {UpstreamError} when the body breaks its framing, or an event
   * exceeds the parser's cap. The parser is of no use afterwards.
   */
  push(chunk: Uint8Array): readonly SseEvent[];
  /**
   * Takes the end of the body.
   *
   * @returns The event that was in progress, where the framing lets it count.
   * @throws {UpstreamError} as {@linkcode StreamParser.push}.
   */
  end(): readonly SseEvent[];
}

/**
 * How the streamed answers of a provider are cut into events.
 *
 * A dialect whose streams are no server-sent events names its framing in
 * `ProviderDialect.framing`, and so does a `Translation` that is made without
 * one; all else, the commit point, the clocks and the errors, stays the same. A
 * framing makes {@linkcode SseEvent}s of whatever is on the wire: `event` is
 * the type that the frame itself names, or `""`, and `data` is its text. What
 * an event means, a failure included, is the dialect's decoder to say.
 *
 * @example One JSON value a line
 * ```ts
 * import type { StreamFraming } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: StreamFraming = {
 *   // Every body begins like JSON here, so none is taken for a stray answer.
 *   isStray: () => false,
 *   parser() {
 *     const decoder = new TextDecoder();
 *     let rest = "";
 *     const cut = (text: string) => {
 *       const all = (rest + text).split("\n");
 *       rest = all.pop() ?? "";
 *       return all.filter(Boolean).map((data) => ({ event: "", data }));
 *     };
 *     return {
 *       push: (chunk) => cut(decoder.decode(chunk, { stream: true })),
 *       end: () => cut("\n"),
 *     };
 *   },
 * };
 * const parser = lines.parser();
 * const bytes = new TextEncoder().encode('{"a":1}\n{"b"');
 * assertEquals(parser.push(bytes), [{ event: "", data: '{"a":1}' }]);
 * ```
 */
export interface StreamFraming {
  /** Makes the parser of one body. */
  parser(): StreamParser;
  /**
   * Whether a body that begins with these bytes is no stream but a JSON answer,
   * whatever its label says (M20, U10). `undefined`: these bytes do not tell;
   * the next ones are asked.
   */
  isStray(start: Uint8Array): boolean | undefined;
}

const SPACE = 0x20;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

/** Server-sent events: what a stream is where nothing else is said. */
export const sseFraming: StreamFraming = {
  parser: () => new SseParser(),
  isStray(start): boolean | undefined {
    const first = start.find((byte) => byte > SPACE);
    return first === undefined
      ? undefined
      : first === OPENING_BRACE || first === OPENING_BRACKET;
  },
};
