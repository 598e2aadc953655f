import { readExchanges, type RecordedExchange } from "../_test_recordings.ts";

export { hasRecordings } from "../_test_recordings.ts";

/** One recorded exchange. */
export interface Recording extends RecordedExchange {
  readonly host: string;
}

/** All recorded exchanges in this dialect that went well. */
export function readRecordings(): Recording[] {
  return readExchanges((_, text) => /url: .*\/chat\/completions/.test(text))
    .flatMap((exchange) => {
      const { host, pathname } = new URL(exchange.url);
      return pathname.endsWith("/chat/completions") && exchange.status === 200
        ? [{ ...exchange, host }]
        : [];
    });
}

/** Whether a body is a stream of events. */
export function isStream({ body }: Recording): boolean {
  return /^(?:data|event|:)/.test(body.trimStart());
}
