import { redactingSink } from "./redacting_sink.ts";
import { Redactor } from "./redactor.ts";
import { StructuredLogger } from "./structured_logger.ts";

const FIELDS = {
  request_id: "req_0123456789abcdef",
  method: "POST",
  path: "/v1/chat/completions",
  status: 200,
  provider: "openai",
  model: "gpt-4o-mini",
  upstream_model: "gpt-4o-mini-2024-07-18",
  dialect_in: "openai_chat",
  dialect_out: "anthropic",
  stream: true,
  attempts: 1,
  input_tokens: 1_234,
  output_tokens: 456,
  cost_usd: 0.001234,
  duration_ms: 1_234.5,
  ttft_ms: 321.25,
  key: "team-a",
  outcome: "success",
  cache: "miss",
  bytes_out: 12_345,
};

const secrets = Array.from({ length: 30 }, () => `sk-${crypto.randomUUID()}`);
let chars = 0;
function count(line: string): void {
  chars += line.length;
}

const json = new StructuredLogger({ format: "json", sink: count });
const text = new StructuredLogger({ format: "text", sink: count });
const redacted = new StructuredLogger({
  format: "json",
  sink: redactingSink(count, new Redactor(secrets)),
});

Deno.bench("info line of 20 fields, JSON", () => json.info("Answered", FIELDS));
Deno.bench("info line of 20 fields, text", () => text.info("Answered", FIELDS));
Deno.bench(
  "info line of 20 fields, JSON, 30 secrets redacted",
  () => redacted.info("Answered", FIELDS),
);
Deno.bench(
  "debug line that is not logged",
  () => json.debug("Answered", FIELDS),
);
