import type { SseEvent } from "../../sse_parser.ts";
import { readExchanges } from "../_test_recordings.ts";

export { hasRecordings } from "../_test_recordings.ts";

/** One recorded exchange. */
export interface Recording {
  /** File and number, for messages. */
  readonly name: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const FILES = /TestAnthropic|anthropic-claude|vertex-claude|BedrockBasic/;

/** All recorded exchanges in this dialect, also those by way of other clouds. */
export function readRecordings(): Recording[] {
  return readExchanges((path) => FILES.test(path))
    .filter(({ body }) => /"type": ?"message(?:_start)?"/.test(body))
    .map(({ name, request, body }) => ({
      name,
      request: JSON.parse(request),
      body,
    }));
}

/** The events of a recorded stream. */
export function readEvents(body: string): SseEvent[] {
  return body.split("\n\n").flatMap((record) => {
    const lines = record.split("\n");
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(
        name.length + 2,
      );
    const data = field("data");
    return data === undefined ? [] : [{ event: field("event") ?? "", data }];
  });
}
