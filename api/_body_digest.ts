import { formBoundary } from "@llm-proxy/core/passing";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** Stands for a boundary, whatever that is. */
const MARK = "\0boundary\0";

/**
 * A digest of a body, taken while it passes: nothing of it is held. Of a form
 * the boundary does not count, which clients draw anew each time.
 */
export class BodyDigest {
  readonly #hash = createHash("sha256");
  /** What stands between the parts of a form. */
  readonly #mark: Buffer | undefined;
  /** The end of what came, which may be the beginning of a mark. */
  #tail: Buffer;

  /** Begins the digest of a body of this type. */
  constructor(contentType: string) {
    const boundary = formBoundary(contentType);
    this.#mark = boundary === undefined
      ? undefined
      : Buffer.from(`\r\n--${boundary}`);
    // The first mark of a form has no line before it.
    this.#tail = Buffer.from("\r\n");
  }

  /** Takes more of the body. */
  update(chunk: Uint8Array): void {
    const mark = this.#mark;
    if (mark === undefined) {
      this.#hash.update(chunk);
      return;
    }
    const bytes = Buffer.concat([this.#tail, chunk]);
    let at = 0;
    for (let end; (end = bytes.indexOf(mark, at)) >= 0; at = end) {
      this.#hash.update(bytes.subarray(at, end)).update(MARK);
      end += mark.length;
    }
    const rest = Math.max(at, bytes.length - mark.length + 1);
    this.#hash.update(bytes.subarray(at, rest));
    this.#tail = bytes.subarray(rest);
  }

  /** The digest of all that came; nothing comes after that. */
  end(): string {
    if (this.#mark !== undefined) this.#hash.update(this.#tail);
    return this.#hash.digest("base64url");
  }
}
