import { assertEquals } from "@std/assert";
import type { ErrorKind, UpstreamError } from "../errors.ts";
import { decodeErrorAnswer as decodeAnthropic } from "./anthropic/errors.ts";
import { decodeErrorAnswer as decodeBedrock } from "./bedrock/errors.ts";
import { decodeCohereError } from "./cohere/errors.ts";
import { decodeErrorAnswer as decodeGemini } from "./gemini/errors.ts";
import { decodeOllamaError } from "./ollama/errors.ts";

const NOTHING = new Uint8Array();
const DIALECTS: Readonly<Record<string, (status: number) => UpstreamError>> = {
  anthropic: (status) =>
    decodeAnthropic({ status, headers: {}, body: NOTHING }),
  bedrock: (status) => decodeBedrock({ status, headers: {}, body: NOTHING }),
  cohere: (status) => decodeCohereError(status, {}, NOTHING),
  gemini: (status) => decodeGemini({ status, headers: {}, body: NOTHING }),
  ollama: (status) => decodeOllamaError(status, {}, NOTHING),
};
const KINDS: Readonly<Record<number, ErrorKind>> = {
  302: "upstream",
  401: "authentication",
  402: "permission",
  403: "permission",
  404: "not_found",
  408: "timeout",
  413: "too_large",
  418: "invalid_request",
  429: "rate_limit",
  500: "upstream",
  503: "overloaded",
  504: "timeout",
  529: "overloaded",
};

for (const [name, decode] of Object.entries(DIALECTS)) {
  Deno.test(`K1, K2: a bare status means the same at ${name} as anywhere`, () => {
    for (const [status, kind] of Object.entries(KINDS)) {
      assertEquals(decode(Number(status)).kind, kind, status);
    }
  });
}
