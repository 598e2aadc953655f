import { GatewayError, type RequestSource } from "@llm-proxy/core";
import { formBoundary, MultipartScanner } from "@llm-proxy/core/passing";
import { RequestBody } from "./_body.ts";
import type { RequestContext } from "./endpoints.ts";

const MIB = 1024 * 1024;
/** Forms up to this size are held whole, and can so be sent to another provider where one fails. */
const REPLAYED = MIB;
/** Most bytes of a form: what is beyond the model's name is never held. */
export const MAX_UPLOAD: number = 1024 * MIB;

/**
 * A form that names a model, on its way. It is held up to that name, under the
 * cap of all bodies, and whole where it is small; the rest goes from the caller
 * to the provider as fast as that takes it.
 */
export class FormBody {
  /** The model that the caller asked for. */
  readonly model: string;
  /** The body's type, with its boundary. */
  readonly contentType: string;
  readonly #parts: FormParts;

  /** Use {@linkcode readForm}. */
  constructor(parts: FormParts, contentType: string) {
    this.model = parts.model;
    this.contentType = contentType;
    this.#parts = parts;
  }

  /**
   * The form with another model's name in it. `onSpend` is called before what
   * is not held is taken: from then on there is no second try.
   */
  source(model: string, onSpend: () => void): RequestSource {
    return this.#parts.source(new TextEncoder().encode(model), onSpend);
  }

  /** Gives back what is held, and lets go of the rest. */
  close(): void {
    this.#parts.close();
  }
}

/**
 * Reads a form as far as the name of its model.
 *
 * @throws {GatewayError} 415 where it is no form, 400 where it can't be read or
 * names no model, 413 where that name is behind more than may be held.
 */
export async function readForm(
  { gateway, exchange, record }: RequestContext,
): Promise<FormBody> {
  const contentType = exchange.header("content-type") ?? "";
  const boundary = formBoundary(contentType);
  if (boundary === undefined) {
    throw new GatewayError(
      "unsupported_media_type",
      "The request body must be a form: send 'content-type: multipart/form-data' with its boundary",
      { code: "unsupported_content_type" },
    );
  }
  const source = exchange.source(MAX_UPLOAD);
  const parts = new FormParts({
    source,
    scanner: new MultipartScanner({ boundary, fields: ["model"] }),
    held: new RequestBody(gateway.config.server.max_body_mb * MIB),
  });
  try {
    await record.waiting.during(parts.read());
  } catch (error) {
    parts.close();
    throw error;
  }
  return new FormBody(parts, contentType);
}

type Take = Parameters<RequestSource["pump"]>[0];

/** What is held of a form, and what is still to come. */
class FormParts {
  readonly #source: RequestSource;
  readonly #scanner: MultipartScanner;
  readonly #held: RequestBody;
  readonly #ready = Promise.withResolvers<void>();
  readonly #resumed = Promise.withResolvers<void>();
  #prefix: Uint8Array = new Uint8Array();
  #size = 0;
  /** Resolves at the end of the caller's body. */
  #pumped: Promise<void> = Promise.resolve();
  #complete = false;
  #closed = false;
  #take: Take | undefined;

  constructor({ source, scanner, held }: {
    readonly source: RequestSource;
    readonly scanner: MultipartScanner;
    readonly held: RequestBody;
  }) {
    this.#source = source;
    this.#scanner = scanner;
    this.#held = held;
  }

  get model(): string {
    return this.#scanner.field("model")?.value ?? "";
  }

  /** Reads until the model is known and, where the form is small, to its end. */
  async read(): Promise<void> {
    this.#pumped = this.#source.pump((chunk) => this.#add(chunk));
    this.#pumped.then(() => {
      this.#complete = true;
      this.#ready.resolve();
    }, (error) => this.#ready.reject(error));
    await this.#ready.promise;
    if (this.model === "") {
      throw new GatewayError(
        "invalid_request",
        "The form must have a field 'model' that is not empty",
        { code: "missing_required_parameter", param: "model" },
      );
    }
    this.#prefix = this.#held.handOver();
  }

  source(model: Uint8Array, onSpend: () => void): RequestSource {
    const { start = 0, end = 0 } = this.#scanner.field("model") ?? {};
    const { length } = this.#source;
    return {
      ...(length !== undefined &&
        { length: length - (end - start) + model.byteLength }),
      pump: async (take) => {
        await take(this.#prefix.subarray(0, start));
        await take(model);
        await take(this.#prefix.subarray(end));
        if (this.#complete) return;
        onSpend();
        this.#take = take;
        this.#resumed.resolve();
        await this.#pumped;
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.#held.release();
    this.#resumed.resolve();
  }

  #add(chunk: Uint8Array): void | Promise<void> {
    if (this.#closed) return;
    this.#scanner.push(chunk);
    if (this.#take !== undefined) return this.#take(chunk);
    this.#held.add(chunk);
    this.#size += chunk.byteLength;
    if (this.model === "" || !this.#isLarge()) return;
    this.#ready.resolve();
    // Nothing more is taken from the caller before somebody takes it from here.
    return this.#resumed.promise;
  }

  /** Whether it is, or may be, more than is held. */
  #isLarge(): boolean {
    const { length = Infinity } = this.#source;
    return length > REPLAYED && (length < Infinity || this.#size >= REPLAYED);
  }
}
