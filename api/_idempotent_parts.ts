import type { OpenStateStore, StateKey } from "@llm-proxy/context";

/** What a value of a store takes, with room for its name, in bytes. */
const PART = 512 * 1024;
/** How many answers one process keeps, and how many bytes of them: where the state is memory, and elsewhere. */
const IN_MEMORY = { rows: 5_000, bytes: 16 * 1024 * 1024 };
const ON_DISK = { rows: 100_000, bytes: 256 * 1024 * 1024 };

/** What one answer takes in the store. */
interface Taken {
  readonly parts: number;
  readonly bytes: number;
}

/** The bodies of kept answers in a store, compressed, in parts that a store takes. */
export class AnswerParts {
  readonly #state: OpenStateStore;
  /** What this process has written, the oldest first. */
  readonly #written = new Map<string, Taken>();
  #bytes = 0;

  constructor(state: OpenStateStore) {
    this.#state = state;
  }

  /** Stores a body; gives the number of its parts. */
  async write(
    id: string,
    { body, deadline }: {
      readonly body: Uint8Array;
      readonly deadline: number;
    },
  ): Promise<number> {
    const bytes = await through(body, new CompressionStream("deflate-raw"));
    const parts = Math.ceil(bytes.length / PART);
    for (let part = 0; part < parts; part++) {
      const value = bytes.slice(part * PART, (part + 1) * PART);
      await this.#state.set(partOf(id, part), value, { deadline });
    }
    // A key that is used again after a day is the newest.
    this.#bytes -= this.#written.get(id)?.bytes ?? 0;
    this.#written.delete(id);
    this.#written.set(id, { parts, bytes: bytes.length });
    this.#bytes += bytes.length;
    return parts;
  }

  /** Reads a body; `undefined` where not all of it is there. */
  async read(id: string, parts: number): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let part = 0; part < parts; part++) {
      const value = (await this.#state.get(partOf(id, part)))?.value;
      if (!(value instanceof Uint8Array)) return undefined;
      pieces.push(new Uint8Array(value));
    }
    const bytes = await new Blob(pieces).bytes();
    return await through(bytes, new DecompressionStream("deflate-raw"));
  }

  /** Removes the oldest bodies where there are too many; gives their ids. */
  async trim(): Promise<string[]> {
    const isInMemory = this.#state.status.mode === "memory";
    const most = isInMemory ? IN_MEMORY : ON_DISK;
    const gone: string[] = [];
    for (const [id, { parts, bytes }] of this.#written) {
      if (this.#written.size <= most.rows && this.#bytes <= most.bytes) break;
      this.#written.delete(id);
      this.#bytes -= bytes;
      for (let part = 0; part < parts; part++) {
        await this.#state.delete(partOf(id, part));
      }
      gone.push(id);
    }
    return gone;
  }
}

function partOf(id: string, part: number): StateKey {
  return ["idempotency_part", id, part];
}

async function through(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const blob = new Blob([new Uint8Array(bytes)]);
  return await new Response(blob.stream().pipeThrough(stream)).bytes();
}
