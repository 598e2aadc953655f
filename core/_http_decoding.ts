import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from "node:zlib";
import type { Transform } from "node:stream";

/**
 * The content codings that can be undone; each decodes as its input comes (M19).
 *
 * In Deno the decoders of `br` and `zstd` pass over an input that ends too
 * early. A cut shows in the framing of the answer, and beyond that to whoever
 * reads its content.
 */
const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ["br", (): Transform => createBrotliDecompress()],
  ["deflate", (): Transform => createInflate()],
  ["gzip", (): Transform => createGunzip()],
  ["x-gzip", (): Transform => createGunzip()],
  ["zstd", (): Transform => createZstdDecompress()],
]);

/**
 * What undoes a content coding: `undefined` where there is nothing to undo,
 * `"unknown"` where it is not known or codings are nested, which only an
 * attack would do (U14).
 */
export function decoderFor(
  contentEncoding: string | undefined,
): Transform | "unknown" | undefined {
  if (contentEncoding === undefined) return undefined;
  const coding = contentEncoding.trim().toLowerCase();
  if (coding === "" || coding === "identity") return undefined;
  return DECODERS.get(coding)?.() ?? "unknown";
}
