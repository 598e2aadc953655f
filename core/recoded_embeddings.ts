import { invalidAnswer } from "./dialects/_invalid_answer.ts";
import type { EncodedRequest, TranslatedAnswer } from "./dialect.ts";
import type { EmbeddingDialect, EmbeddingQuery } from "./embedding.ts";
import { GatewayError, type UpstreamError } from "./errors.ts";
import type { JsonDocument } from "./json_document.ts";
import type { LossReport } from "./loss_report.ts";

/** Where a request for embeddings goes. */
export interface EmbeddingTarget {
  /** The provider's name in the config. */
  readonly provider: string;
  /** The model as the provider names it. */
  readonly model: string;
  /** Takes note of what could not be carried over. */
  readonly losses: LossReport;
}

/** A request for embeddings in the provider's dialect, with the way back. */
export interface RecodedEmbeddings {
  readonly request: EncodedRequest;
  /**
   * Makes OpenAI's answer of the provider's.
   *
   * @throws {UpstreamError} when it has not one vector for each text.
   */
  answer(body: Uint8Array): TranslatedAnswer;
  /** What an answer with an error status means. */
  error(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "input",
  "dimensions",
  "encoding_format",
]);

/**
 * Carries a request for embeddings in OpenAI's dialect to a provider that
 * speaks another.
 *
 * @throws {GatewayError} 400 naming the field at fault (K17).
 */
export function recodeEmbeddings(
  document: JsonDocument,
  { dialect, target }: {
    readonly dialect: EmbeddingDialect;
    readonly target: EmbeddingTarget;
  },
): RecodedEmbeddings {
  const { value } = document;
  const { provider, model, losses } = target;
  for (const field of Object.keys(value)) {
    if (!KNOWN.has(field) && value[field] !== null) {
      losses.add("dropped", field, provider);
    }
  }
  const isBase64 = isBase64Wanted(value.encoding_format);
  const query: EmbeddingQuery = {
    model,
    inputs: inputsOf(value.input),
    ...dimensionsOf(value.dimensions),
  };
  return {
    request: dialect.encodeEmbeddings(query),
    answer(body): TranslatedAnswer {
      const { vectors, usage } = dialect.decodeEmbeddings(body);
      if (vectors.length !== query.inputs.length) {
        throw invalidAnswer("has not one embedding for each input");
      }
      const { input = 0 } = usage ?? {};
      const text = JSON.stringify({
        object: "list",
        data: vectors.map((vector, index) => ({
          object: "embedding",
          index,
          embedding: isBase64 ? toBase64(vector) : vector,
        })),
        model,
        usage: { prompt_tokens: input, total_tokens: input },
      });
      return { body: text, ...(usage && { usage }), finish: "stop", model };
    },
    error: dialect.decodeError,
  };
}

function inputsOf(input: unknown): readonly string[] {
  const inputs = Array.isArray(input) ? input : [input];
  if (input === undefined || input === null || input === "" || !inputs.length) {
    throw invalid("input", {
      code: "missing_required_parameter",
      problem: "must not be empty",
    });
  }
  if (inputs.every((text) => typeof text === "string")) return inputs;
  throw invalid("input", {
    code: "invalid_type",
    problem: "must be a string or an array of strings for this provider",
  });
}

function dimensionsOf(value: unknown): { readonly dimensions?: number } {
  if (value === undefined || value === null) return {};
  if (Number.isSafeInteger(value) && (value as number) > 0) {
    return { dimensions: value as number };
  }
  throw invalid("dimensions", {
    code: "invalid_type",
    problem: "must be a positive integer",
  });
}

function isBase64Wanted(format: unknown): boolean {
  if (format === undefined || format === null || format === "float") {
    return false;
  }
  if (format === "base64") return true;
  throw invalid("encoding_format", {
    code: "invalid_value",
    problem: "must be 'float' or 'base64'",
  });
}

/** Little-endian 32-bit floats, whatever the machine. */
function toBase64(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [index, value] of vector.entries()) {
    view.setFloat32(index * 4, value, true);
  }
  return new Uint8Array(view.buffer).toBase64();
}

function invalid(
  param: string,
  { code, problem }: { readonly code: string; readonly problem: string },
): GatewayError {
  return new GatewayError("invalid_request", `Field '${param}' ${problem}`, {
    code,
    param,
  });
}
