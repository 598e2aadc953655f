import { Buffer } from "node:buffer";
import { GatewayError } from "../errors.ts";
import { formBoundary, MultipartScanner } from "../multipart_scanner.ts";
import type { UpstreamRequest } from "../upstream.ts";
import { ApiError } from "./_api_error.ts";

/** The fields of forms that the mock heeds. Files are swallowed, but for those to be stored. */
const FIELDS = [
  "model",
  "n",
  "prompt",
  "purpose",
  "response_format",
  "stream",
] as const;
/** Most bytes of a body that comes piece by piece and is no form. */
const MAX_TEXT = 16 * 1024 * 1024;

/**
 * The body of a request as JSON text: a form becomes an object of its fields.
 *
 * @throws {ApiError} when it can't be read.
 */
export async function readMockBody(
  { url, headers, body }: UpstreamRequest,
): Promise<string | undefined> {
  if (body === undefined || typeof body === "string") return body;
  const boundary = formBoundary(headers["content-type"]);
  if (boundary === undefined) {
    const chunks: Uint8Array[] = [];
    let size = 0;
    await body.pump((chunk) => {
      size += chunk.byteLength;
      if (size > MAX_TEXT) throw new ApiError("The body is too large");
      chunks.push(chunk);
    });
    return Buffer.concat(chunks).toString();
  }
  const fields = url.endsWith("/files") ? [...FIELDS, "file"] : FIELDS;
  const scanner = new MultipartScanner({ boundary, fields });
  try {
    await body.pump((chunk) => scanner.push(chunk));
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== "invalid_form") {
      throw error;
    }
    throw new ApiError(error.message);
  }
  const form: Record<string, string> = {};
  for (const name of fields) {
    const field = scanner.field(name);
    if (field !== undefined) form[name] = field.value;
  }
  return JSON.stringify(form);
}
