import type { DialectName } from "./provider.ts";

/** OpenAI's type and code for a status. */
const OPENAI: ReadonlyMap<number, readonly [type: string, code: string]> =
  new Map([
    [401, ["invalid_request_error", "invalid_api_key"]],
    [404, ["invalid_request_error", "model_not_found"]],
    [429, ["requests", "rate_limit_exceeded"]],
  ]);

/** Anthropic's type for a status. */
const ANTHROPIC: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);

/** Google's canonical code for a status. */
const GOOGLE: ReadonlyMap<number, string> = new Map([
  [400, "INVALID_ARGUMENT"],
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [429, "RESOURCE_EXHAUSTED"],
  [500, "INTERNAL"],
  [503, "UNAVAILABLE"],
  [504, "DEADLINE_EXCEEDED"],
]);

/** The body of an error with a status, as a provider that speaks the dialect writes it. */
export function chaosErrorBody(dialect: DialectName, status: number): string {
  const message = `A fault injected on purpose: status ${status}`;
  const isClients = status < 500;
  if (dialect === "anthropic") {
    const type = ANTHROPIC.get(status) ??
      (isClients ? "invalid_request_error" : "api_error");
    return JSON.stringify({ type: "error", error: { type, message } });
  }
  if (dialect === "bedrock") return JSON.stringify({ message });
  if (dialect === "gemini" || dialect === "vertex") {
    // What has no code of its own is told by the status of HTTP alone.
    const error = { code: status, message, status: GOOGLE.get(status) };
    return JSON.stringify({ error });
  }
  if (dialect === "cohere") return JSON.stringify({ message });
  if (dialect === "ollama") return JSON.stringify({ error: message });
  const [type, code] = OPENAI.get(status) ??
    [isClients ? "invalid_request_error" : "server_error", null];
  return JSON.stringify({ error: { message, type, param: null, code } });
}
