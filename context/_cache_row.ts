/** An entry as a store keeps it: bytes, so that it need not be JSON in JSON. */
export interface CacheRow {
  /** When it was stored, in milliseconds since 1970. */
  readonly at: number;
  /** Until when it is fresh. */
  readonly freshUntil: number;
  /** When it is over. */
  readonly overAt: number;
  /** Whether `payload` is compressed. */
  readonly isPacked: boolean;
  /** The value as JSON, in UTF-8. */
  readonly payload: Uint8Array;
}

/** Leads every row; another version of this program may write others. */
const VERSION = 1;
const HEAD = 26;
/** Nothing that is unpacked may be larger, in bytes: what is stored may be anything. */
const MAX_UNPACKED = 67_108_864;
const decoder = new TextDecoder();

/** The bytes of a row. */
export function encodeCacheRow(row: CacheRow): Uint8Array {
  const bytes = new Uint8Array(HEAD + row.payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, row.isPacked ? 1 : 0);
  view.setFloat64(2, row.at);
  view.setFloat64(10, row.freshUntil);
  view.setFloat64(18, row.overAt);
  bytes.set(row.payload, HEAD);
  return bytes;
}

/** The row that bytes are; `undefined` where they are none. */
export function decodeCacheRow(bytes: unknown): CacheRow | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length < HEAD) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint8(0) !== VERSION || view.getUint8(1) > 1) return undefined;
  const row = {
    at: view.getFloat64(2),
    freshUntil: view.getFloat64(10),
    overAt: view.getFloat64(18),
    isPacked: view.getUint8(1) === 1,
    payload: bytes.subarray(HEAD),
  };
  return row.at <= row.freshUntil && row.freshUntil <= row.overAt
    ? row
    : undefined;
}

/**
 * The value that a payload is the JSON of.
 *
 * @throws {SyntaxError} when it is none.
 */
export function parseRow<V>(payload: Uint8Array): V {
  return JSON.parse(decoder.decode(payload));
}

/** Compresses bytes. */
export async function pack(bytes: Uint8Array): Promise<Uint8Array> {
  return await through(bytes, new CompressionStream("deflate-raw"));
}

/**
 * Brings compressed bytes back.
 *
 * @throws {TypeError} when they are none.
 * @throws {RangeError} when they would be too large.
 */
export async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  return await through(bytes, new DecompressionStream("deflate-raw"));
}

/** A piece at a time, so that the event loop gets its turn in between. */
const PIECE = 65_536;

async function through(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const pieces = new ReadableStream<BufferSource>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += PIECE) {
        controller.enqueue(new Uint8Array(bytes.subarray(at, at + PIECE)));
      }
      controller.close();
    },
  });
  const results: Uint8Array[] = [];
  let size = 0;
  for await (const result of pieces.pipeThrough(stream)) {
    results.push(result);
    size += result.length;
    if (size > MAX_UNPACKED) throw new RangeError("A cache row is too large");
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const result of results) {
    whole.set(result, at);
    at += result.length;
  }
  return whole;
}
