import { type SseEvent, SseParser } from "../../sse_parser.ts";
import { readExchanges } from "../_test_recordings.ts";

export { hasRecordings } from "../_test_recordings.ts";

/** One recorded exchange. */
export interface Recording {
  /** File and number, for messages. */
  readonly name: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly stream: boolean;
}

/** All recorded exchanges in this dialect. */
export function readRecordings(): Recording[] {
  return readExchanges((_, text) => /url: .*\/responses$/m.test(text))
    .map(({ name, request, body }) => ({
      name,
      request: JSON.parse(request),
      body,
      stream: body.startsWith("event:"),
    }));
}

/** The events of a stream. */
export function sseEvents(body: string): SseEvent[] {
  const parser = new SseParser();
  return [
    ...parser.push(new TextEncoder().encode(body)),
    ...parser.end(),
  ];
}
