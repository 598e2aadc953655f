import type { RequestSource } from "@llm-proxy/core";
import type { IncomingMessage } from "node:http";
import { bodyTooLarge, clientLeft } from "./_body.ts";
import { REQUEST_FAULT } from "./_request_fault.ts";

/** Hands on a body as it comes, no faster than it is taken. */
export function pumpAll(
  incoming: IncomingMessage,
  { take, maxBytes }: {
    readonly take: Parameters<RequestSource["pump"]>[0];
    readonly maxBytes: number;
  },
): Promise<void> {
  let bytes = 0;
  let waiting = false;
  let ended = false;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      incoming.off("data", onData);
      incoming.off("end", onEnd);
      incoming.off("close", onCut);
      incoming.off("error", onCut);
      incoming.off(REQUEST_FAULT, onFault);
    };
    const onData = (chunk: Uint8Array): void => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) return onFault(bodyTooLarge(maxBytes));
      try {
        const taken = take(chunk);
        if (!(taken instanceof Promise)) return;
        waiting = true;
        incoming.pause();
        taken.then(onTaken, onFault);
      } catch (error) {
        onFault(error);
      }
    };
    const onTaken = (): void => {
      waiting = false;
      if (ended) finish();
      else incoming.resume();
    };
    const onEnd = (): void => {
      ended = true;
      // The end comes even to a source that is paused at its last chunk.
      if (!waiting) finish();
    };
    const finish = (): void => {
      stop();
      resolve();
    };
    const onCut = (): void => {
      if (!ended) onFault(clientLeft());
    };
    const onFault = (error: unknown): void => {
      stop();
      incoming.pause();
      reject(error);
    };
    incoming.on("data", onData);
    incoming.on("end", onEnd);
    incoming.on("close", onCut);
    incoming.on("error", onCut);
    incoming.on(REQUEST_FAULT, onFault);
  });
}
