import { assertEquals } from "@std/assert";
import { faultsOf } from "./_config_fixture_test.ts";

// A path that is wrong, and the end of the message about it.
const SLIPS: readonly [string, string][] = [
  ["sever", "did you mean 'server'?"],
  ["servers", "did you mean 'server'?"],
  ["provider", "did you mean 'providers'?"],
  ["http-client", "did you mean 'http_client'?"],
  ["httpClient", "did you mean 'http_client'?"],
  ["loging", "did you mean 'logging'?"],
  ["log", "did you mean 'logging'?"],
  ["ratelimit", "did you mean 'rate_limit'?"],
  ["rate_limits", "did you mean 'rate_limit'?"],
  ["circuitbreaker", "did you mean 'circuit_breaker'?"],
  ["telemtry", "did you mean 'telemetry'?"],
  ["chaos", "did you mean 'chaos_engineering'?"],
  ["healthcheck", "did you mean 'health_check'?"],
  ["server.prot", "did you mean 'port'?"],
  ["server.hostname", "did you mean 'host'?"],
  ["server.Port", "did you mean 'port'?"],
  ["server.max-body-mb", "did you mean 'max_body_mb'?"],
  ["server.maxConnections", "did you mean 'max_connections'?"],
  ["server.max_connection", "did you mean 'max_connections'?"],
  ["server.keepalive_timeout", "did you mean 'keep_alive_timeout'?"],
  ["server.shutdown", "did you mean 'shutdown_timeout'?"],
  ["server.headers_timeout", "did you mean 'header_timeout'?"],
  ["auth.api_key", "did you mean 'api_keys'?"],
  ["auth.apikeys", "did you mean 'api_keys'?"],
  ["providers[].url", "did you mean 'base_url'?"],
  ["providers[].baseURL", "did you mean 'base_url'?"],
  ["providers[].apiKey", "did you mean 'api_key'?"],
  ["providers[].model", "did you mean 'models'?"],
  ["providers[].enable", "did you mean 'enabled'?"],
  ["providers[].tiemout", "did you mean 'timeout'?"],
  ["providers[].retries", "did you mean 'max_retries'?"],
  ["providers[].priorty", "did you mean 'priority'?"],
  ["http_client.conect_timeout", "did you mean 'connect_timeout'?"],
  ["http_client.first_token", "did you mean 'first_token_timeout'?"],
  ["logging.levle", "did you mean 'level'?"],
  ["caching.response", "did you mean 'response_cache'?"],
  ["caching.response_cache.max_size", "did you mean 'max_size_mb'?"],
  ["port", "belongs under server or server.admin"],
  ["host", "belongs under server or server.admin"],
  ["api_keys", "belongs under auth or providers[]"],
  ["level", "belongs under logging"],
  ["base_url", "belongs under providers[]"],
  ["total_timeout", "belongs under http_client"],
  ["failure_threshold", "belongs under circuit_breaker"],
  ["server.api_keys", "belongs under auth or providers[]"],
  ["server.level", "belongs under logging"],
  ["server.providers", "belongs at the top level"],
  ["app.port", "belongs under server or server.admin"],
  ["providers[].connect_timeout", "belongs under http_client"],
  ["http_client.base_url", "belongs under providers[]"],
  [
    "http_client.timeout",
    "belongs under providers[] or routes[].cache.semantic or health_check",
  ],
  [
    "caching.ttl",
    "belongs under routes[].cache or caching.response_cache or caching.summary_cache",
  ],
  ["route", "did you mean 'routes'?"],
  ["retries", "did you mean 'providers[].max_retries'?"],
  ["routes[].target", "did you mean 'targets'?"],
  ["routes[].fallback", "did you mean 'fallbacks'?"],
  [
    "routes[].contextWindowFallbacks",
    "did you mean 'context_window_fallbacks'?",
  ],
  ["routes[].stratgy", "did you mean 'strategy'?"],
  ["routes[].hegde", "did you mean 'hedge'?"],
  ["routes[].hedge.max_dealy", "did you mean 'max_delay'?"],
  ["routes[].sticky.headers", "did you mean 'header'?"],
  [
    "routes[].arms[].weight",
    "belongs under providers[].models[] or routes[].targets[] or routes[].arms[].targets[]",
  ],
  ["routes[].models", "belongs under auth.api_keys[] or providers[]"],
  ["providers[].apiKeys", "did you mean 'api_keys'?"],
  ["providers[].cafile", "did you mean 'ca_file'?"],
  ["providers[].client_cert", "did you mean 'client_cert_file'?"],
  ["providers[].concurency", "did you mean 'concurrency'?"],
  ["providers[].proxy_url", "did you mean 'proxy'?"],
  ["providers[].models[].context", "did you mean 'context_window'?"],
  ["providers[].models[].price", "did you mean 'prices'?"],
  ["providers[].models[].capabilities.tool", "did you mean 'tools'?"],
  ["providers[].models[].prices.cached", "did you mean 'cached_input'?"],
  ["providers[].concurrency.queue", "did you mean 'max_queue'?"],
  ["circuit_breaker.failure_rate", "did you mean 'failure_ratio'?"],
  ["retry.max_attempt", "did you mean 'max_attempts'?"],
  ["server_port", "did you mean 'server.port'?"],
  ["log_level", "did you mean 'logging.level'?"],
];

/** A key of each list's entries. */
const FIRST: ReadonlyMap<string, string> = new Map([
  ["providers", "type"],
  ["models", "name"],
  ["routes", "match"],
  ["arms", "name"],
]);

/** A file with nothing but the key at a path. */
function fileWith(path: string): string {
  const steps = path.split(".");
  return steps.map((step, depth) => {
    const indent = "  ".repeat(depth);
    const last = depth === steps.length - 1;
    if (step.endsWith("[]")) {
      const name = step.slice(0, -2);
      return `${indent}${name}:\n${indent}- ${FIRST.get(name)}: mock\n`;
    }
    return `${indent}${step}:${last ? " 1" : ""}\n`;
  }).join("");
}

Deno.test("F2: misspelt or misplaced keys get the right suggestion", () => {
  const told = SLIPS.map(([path]) => {
    const unknown = faultsOf(fileWith(path))
      .filter(({ message }) => message.startsWith("Unknown key"));
    assertEquals(unknown.length, 1, path);
    return [path, unknown[0]?.message.match(/\((.*)\)$/)?.[1]];
  });
  assertEquals(told, SLIPS.map((it) => [...it]));
});

Deno.test("F2: a key that resembles nothing gets no suggestion", () => {
  for (const key of ["zzzzzz", "x", "qwertyuiop", "a".repeat(200)]) {
    const [fault] = faultsOf(`${key}: 1`);
    assertEquals(fault?.message.includes("("), false, fault?.message);
  }
});

Deno.test("a target at a provider that is misspelt, or at a model that the mock has not, is told what was meant", () => {
  const fault = (target: string): string | undefined =>
    faultsOf(
      `providers: [{type: mock}, {type: openai, api_key: sk-proj-9fK2mQ7xWb4tRz9f}]
routes: [{match: a, targets: [${target}]}]
`,
    )[0]?.message;
  const more = ": write 'provider/model', or a model that a provider lists";
  assertEquals(
    fault("opnai/gpt-4o"),
    `Unknown target 'opnai/gpt-4o' (did you mean 'openai/gpt-4o'?)${more}`,
  );
  assertEquals(fault("elsewhere/x"), `Unknown target 'elsewhere/x'${more}`);
  assertEquals(
    fault("mock/ecko"),
    "The mock has no model 'mock/ecko' (did you mean 'mock/echo'?)",
  );
  assertEquals(
    fault("{model: mock/gpt-4o}"),
    "The mock has no model 'mock/gpt-4o': it has echo, lorem, tool, slow, cut, embed, slow-MS and error-STATUS",
  );
  const known = "mock/echo, mock/slow-5, mock/error-429";
  assertEquals(
    fault(`${known}, mock/slow-x`)?.startsWith(
      "The mock has no model 'mock/slow-x' (did you mean 'mock/slow'?)",
    ),
    true,
  );
});
