import type { SseEvent, StreamTranslator } from "@llm-proxy/core";

/** A stream that is encoded already, for what gives it another form. */
export class EncodedText implements StreamTranslator {
  readonly progress = 0;
  readonly usage = undefined;
  readonly finish = undefined;
  readonly model = undefined;
  done = false;

  push({ data }: SseEvent): string {
    return data;
  }

  end(): string {
    return "";
  }
}
