import { Buffer } from "node:buffer";
import { GatewayError } from "./errors.ts";

/** A field of a form that was found. */
export interface FormField {
  /** Its name. */
  readonly name: string;
  /** What it says. */
  readonly value: string;
  /** Where the value begins in the form, in bytes. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/** What a {@linkcode MultipartScanner} looks for. */
export interface MultipartScannerOptions {
  /** The boundary, as {@linkcode formBoundary} reads it. */
  readonly boundary: string;
  /** The names of the fields that are wanted; of others nothing is kept. */
  readonly fields: readonly string[];
}

const MAX_HEAD = 16 * 1024;
const MAX_VALUE = 64 * 1024;
/** White space between a boundary and the end of its line. */
const MAX_PADDING = 256;
const CRLF = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");
const DASHES = Buffer.from("--");
const DISPOSITION = /^content-disposition:[ \t]*form-data[ \t]*(.*)$/im;
const PARAMETER =
  /;[ \t]*([\w*-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/gy;

/**
 * Finds small fields in a form of type `multipart/form-data` (RFC 7578) that
 * comes piece by piece. Of files it keeps nothing: what it holds is bounded by
 * a part's head and by the values that are wanted, 64 KiB each.
 *
 * @example The place of a field
 * ```ts
 * import { MultipartScanner } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * const form = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper\r\n--b--\r\n';
 * const scanner = new MultipartScanner({ boundary: "b", fields: ["model"] });
 * scanner.push(new TextEncoder().encode(form));
 * const field = scanner.field("model");
 * assertEquals(field?.value, "whisper");
 * assertEquals(form.slice(field?.start, field?.end), "whisper");
 * ```
 */
export class MultipartScanner {
  readonly #delimiter: Buffer;
  readonly #fields: ReadonlySet<string>;
  readonly #found = new Map<string, FormField>();
  /** What has come and is not judged yet; the first boundary has no line before it. */
  #window: Buffer = CRLF;
  /** Where that begins in the form. */
  #at = -CRLF.length;
  #state: "content" | "boundary" | "head" | "end" = "content";
  /** The wanted field whose value is being read, and where that began. */
  #field: { readonly name: string; readonly start: number } | undefined;

  /** Has seen nothing yet. */
  constructor({ boundary, fields }: MultipartScannerOptions) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#fields = new Set(fields);
  }

  /** Whether the form's last boundary has come. */
  get done(): boolean {
    return this.#state === "end";
  }

  /** A field that was found; the first of its name. */
  field(name: string): FormField | undefined {
    return this.#found.get(name);
  }

  /**
   * Takes the next piece.
   *
   * @throws {GatewayError} 400 when it is no form, a wanted field comes twice,
   * or a head or a wanted value is too large.
   */
  push(chunk: Uint8Array): void {
    if (this.#state === "end") return;
    this.#window = Buffer.concat([this.#window, chunk]);
    while (this.#step());
  }

  /** Judges a piece of the window; false when more must come first. */
  #step(): boolean {
    switch (this.#state) {
      case "content":
        return this.#readContent();
      case "boundary":
        return this.#readBoundary();
      case "head":
        return this.#readHead();
      case "end":
        this.#window = Buffer.alloc(0);
        return false;
    }
  }

  #readContent(): boolean {
    const place = this.#window.indexOf(this.#delimiter);
    const field = this.#field;
    if (place < 0) {
      if (field === undefined) {
        this.#drop(this.#window.length - this.#delimiter.length + 1);
      } else if (this.#at + this.#window.length - field.start > MAX_VALUE) {
        throw malformed(`its field '${field.name}' is too long`);
      }
      return false;
    }
    if (field !== undefined) {
      const end = this.#at + place;
      const bytes = this.#window.subarray(field.start - this.#at, place);
      this.#found.set(field.name, { ...field, value: bytes.toString(), end });
      this.#field = undefined;
    }
    this.#drop(place + this.#delimiter.length);
    this.#state = "boundary";
    return true;
  }

  #readBoundary(): boolean {
    const window = this.#window;
    if (window.length < 2) return false;
    if (window.subarray(0, 2).equals(DASHES)) {
      this.#state = "end";
      return true;
    }
    const end = window.indexOf(CRLF);
    if (end > MAX_PADDING || (end < 0 && window.length > MAX_PADDING)) {
      throw malformed("a boundary does not end its line");
    }
    if (end < 0) return false;
    if (window.subarray(0, end).toString().trim() !== "") {
      throw malformed("a boundary does not end its line");
    }
    // The end of the line stays: a part without headers has nothing else.
    this.#drop(end);
    this.#state = "head";
    return true;
  }

  #readHead(): boolean {
    const end = this.#window.indexOf(HEAD_END);
    if (end > MAX_HEAD || (end < 0 && this.#window.length > MAX_HEAD)) {
      throw malformed("the head of a part is too large");
    }
    if (end < 0) return false;
    const name = fieldName(this.#window.subarray(0, end).toString());
    this.#drop(end + HEAD_END.length);
    this.#state = "content";
    if (name === undefined || !this.#fields.has(name)) return true;
    // Whoever reads the form next might take the other.
    if (this.#found.has(name)) throw malformed(`it has '${name}' twice`, name);
    this.#field = { name, start: this.#at };
    // An empty value's boundary begins with the line end of the head.
    return true;
  }

  #drop(bytes: number): void {
    if (bytes <= 0) return;
    this.#window = this.#window.subarray(bytes);
    this.#at += bytes;
  }
}

/**
 * The boundary that a content type tells; `undefined` where it is no form.
 *
 * @example A browser's
 * ```ts
 * import { formBoundary } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formBoundary('multipart/form-data; boundary="a b"'), "a b");
 * assertEquals(formBoundary("application/json"), undefined);
 * ```
 */
export function formBoundary(
  contentType: string | undefined,
): string | undefined {
  const [, parameters = ""] =
    /^multipart\/form-data[ \t]*(;.*)$/i.exec(contentType ?? "") ?? [];
  const boundary = readParameters(parameters).get("boundary");
  if (boundary === undefined || boundary === "" || boundary.length > 200) {
    return undefined;
  }
  return boundary;
}

function fieldName(head: string): string | undefined {
  const [, parameters = ""] = DISPOSITION.exec(head) ?? [];
  return readParameters(parameters).get("name");
}

/** Parameters behind a header's value, by lower-case name; the first of a name counts. */
function readParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, plain = ""] of text.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (parameters.has(key)) continue;
    parameters.set(key, quoted?.replace(/\\(.)/g, "$1") ?? plain);
  }
  return parameters;
}

function malformed(problem: string, param?: string): GatewayError {
  return new GatewayError(
    "invalid_request",
    `The request body is no form that can be read: ${problem}`,
    { code: "invalid_form", ...(param !== undefined && { param }) },
  );
}
