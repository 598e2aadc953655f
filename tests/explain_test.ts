// What is explained of a request is what is sent: to the byte, but for credentials.
import { Gateway } from "../api/gateway.ts";
import { parseConfig } from "@llm-proxy/api";
import { parseJsonDocument } from "@llm-proxy/core";
import { explainChat } from "@llm-proxy/core/routing";
import { StructuredLogger } from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";
import { FaultUpstream } from "./_fault_upstream.ts";
import { startGateway } from "./_gateway.ts";
import { post, RawClient } from "./_raw_client.ts";

/** What the transport adds. */
const FRAMING = ["host", "content-length", "connection", "x-fault"];
const SECRET = "sk-key-of-the-tests-0815";

Deno.test("explainChat() shows what is really sent, byte for byte, without credentials", async () => {
  await using upstream = await FaultUpstream.start();
  const more = `api_key: ${SECRET}, base_url: "${upstream.origin}/v1"`;
  const config = `
providers:
  - {name: oa, type: openai_compatible, ${more}, custom_headers: {X-Team: secret-team}}
  - {name: mi, type: mistral, ${more}}
  - {name: an, type: anthropic, ${more}}
  - {name: ge, type: gemini, ${more}}
routes:
  - {match: fast, targets: [an/claude-sonnet-4-5, oa/m]}
`;
  const parsed = parseConfig(config, { file: "t.yaml", env: () => undefined });
  assert(parsed.ok, JSON.stringify(parsed));
  const logger = new StructuredLogger({ level: "error" });
  const explaining = new Gateway(parsed.config, { logger });
  const gateway = await startGateway(config);
  try {
    for (const model of ["oa/m", "mi/m", "an/claude-x", "ge/m", "fast"]) {
      for (const stream of [false, true]) {
        const body = `{ "model": "${model}", "stream":${stream}, "seed": 7,
          "max_completion_tokens": 10, "logit_bias": {"1": 2}, "x-own": [12345678901234567890, "ä€\\u00e9"],
          "messages": [{"role":"developer","content":"be brief"},{"role":"user","content":"hi"}] }`;
        const { upstream: shown } = await explainChat(
          parseJsonDocument(new TextEncoder().encode(body)),
          explaining.failover.preview(),
        );
        assert(shown);
        await RawClient.exchange(gateway.url, post(body), { answers: 1 });
        const sent = upstream.requests.at(-1);
        assert(sent, model);
        assertEquals(shown.method, sent.method);
        assertEquals(shown.url, upstream.origin + sent.path);
        assertEquals(shown.body, sent.body);
        const headers = Object.fromEntries(
          [...sent.headers].filter(([name]) => !FRAMING.includes(name))
            .map(([name, value]) => [
              name,
              value.includes("secret-team") || value.includes(SECRET)
                ? "[redacted]"
                : value,
            ]),
        );
        assertEquals(sorted(shown.headers), sorted(headers), model);
        assert(Object.values(headers).includes("[redacted]"), model);
        const text = JSON.stringify(shown);
        assert(!text.includes(SECRET) && !text.includes("secret-team"));
      }
    }
  } finally {
    explaining.close();
    await logger.close();
    await gateway.close();
  }
});

function sorted(headers: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(headers).toSorted(([a], [b]) => a < b ? -1 : 1);
}
