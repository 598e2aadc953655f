import { Buffer } from "node:buffer";

/** Takes one whole request off the front of what a socket has said, if it has come. */
export function takeRequest(
  bytes: Buffer,
): { head: string; body: string; rest: Buffer<ArrayBuffer> } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const stop = end + 4 + length;
  if (bytes.length < stop) return undefined;
  return {
    head,
    body: bytes.toString("utf8", end + 4, stop),
    rest: Buffer.from(bytes.subarray(stop)),
  };
}
