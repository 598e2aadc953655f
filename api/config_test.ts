import { assert, assertEquals } from "@std/assert";
import { linesOf, parse } from "./_config_fixture_test.ts";
import { formatFault, loadConfig } from "./config.ts";
import { defaultConfig } from "./default_config.ts";

Deno.test("parseConfig() gives the defaults for an empty file", () => {
  for (
    const text of [
      "",
      "\ufeff",
      "# nothing\n",
      "---\n",
      "{}",
      "null",
      "server:\n",
      "---\n...\n",
      "server:\n  # port: 1\nauth:\n  api_keys:\nproviders:\nrate_limit:\n",
    ]
  ) {
    const result = parse(text);
    assert(result.ok, text);
    assertEquals(result.config, { ...defaultConfig(), providers: [] });
  }
});

Deno.test("parseConfig() joins a provider with http_client and its type", () => {
  const result = parse(
    `
http_client: {total_timeout: 90, max_connections: 10}
providers:
  - {type: openai, base_url: "https://example.com/v1///", api_key_env: KEY}
  - {type: groq, name: fast, enabled: false, api_key_env: NOT_SET, timeout: 5.5}
  - {type: mock, rate_limit: 10/second}
`,
    { KEY: "oai-R5tYu1Io" },
  );
  assert(result.ok);
  const [openai, groq, mock] = result.config.providers;
  assertEquals(openai?.name, "openai");
  assertEquals(openai?.base_url, "https://example.com/v1");
  assertEquals(openai?.api_key, "oai-R5tYu1Io");
  assertEquals(openai?.timeout, 90);
  assertEquals(openai?.max_connections, 10);
  // The default of 64 would contradict the limit that was set.
  assertEquals(openai?.max_keepalive_connections, 10);
  assertEquals(groq?.name, "fast");
  assertEquals(groq?.api_key, undefined);
  assertEquals(groq?.timeout, 5.5);
  assertEquals(mock?.rate_limit, "10/second");
});

Deno.test("parseConfig() gives every key a name", () => {
  const result = parse(
    `
auth:
  api_keys:
    - qW7rTz2Lm9XcVb4N
    - {name: team, key: "\${KEY}"}
    - ant-P0lKm3NjQ2wE
`,
    { KEY: "hJ3kPs8DfGy6QaZe" },
  );
  assert(result.ok);
  assertEquals(result.config.auth.api_keys, [
    { name: "key-1", key: "qW7rTz2Lm9XcVb4N" },
    { name: "team", key: "hJ3kPs8DfGy6QaZe" },
    { name: "key-3", key: "ant-P0lKm3NjQ2wE" },
  ]);
});

Deno.test("parseConfig() makes numbers and booleans of whole variables only", () => {
  const variables = {
    PORT: "9001",
    ON: "true",
    RATIO: "0.25",
    HEX: "0x10",
    DIGITS: "12",
  };
  const result = parse(
    `
server: {port: "\${PORT}", max_body_mb: "\${NONE:-1.5}"}
telemetry:
  enabled: \${ON}
  sample_ratio: \${RATIO}
  service_name: \${DIGITS}
`,
    variables,
  );
  assert(result.ok);
  assertEquals(result.config.server.port, 9001);
  assertEquals(result.config.server.max_body_mb, 1.5);
  assertEquals(result.config.telemetry.enabled, true);
  assertEquals(result.config.telemetry.sample_ratio, 0.25);
  assertEquals(result.config.telemetry.service_name, "12");
  assertEquals(
    linesOf(
      "server:\n  port: 9${DIGITS}\n  max_header_kb: ${HEX}\n  header_timeout: '5'\n",
      variables,
    ),
    [
      "2:9 server.port: server.port must be a number, not a string (it comes from the environment)",
      "3:18 server.max_header_kb: server.max_header_kb must be a number, not a string (it comes from the environment)",
      "4:19 server.header_timeout: server.header_timeout must be a number, not a string",
    ],
  );
});

Deno.test("parseConfig() never lets a variable add to the structure", () => {
  const result = parse("app:\n  name: ${NAME}\n", {
    NAME: "x, port: 1} [*a] !!t &b 'q",
  });
  assert(result.ok);
  assertEquals(result.config.app.name, "x, port: 1} [*a] !!t &b 'q");
});

Deno.test("parseConfig() reads anchors and aliases", () => {
  const result = parse(
    `
providers:
  - type: mock
    name: &name first
    custom_headers: &headers {x-team: "\${TEAM}"}
  - {type: mock, name: second, custom_headers: *headers, models: [*name]}
`,
    { TEAM: "blue" },
  );
  assert(result.ok);
  assertEquals(result.config.providers[1]?.custom_headers, {
    "x-team": "blue",
  });
  assertEquals(result.config.providers[1]?.models?.[0]?.name, "first");
});

Deno.test("parseConfig() tells all problems at once, in the order of the file", () => {
  assertEquals(
    linesOf(`
server:
  host: 0.0.0.0
  port: 70000
  prot: 1
auth:
  api_keys: short
providers:
  - type: opnai
  - type: vllm
  - type: vllm
    forced: yes
    api_key_env: NOPE
    api_key: "\${NOT_SET}"
    models: []
logging: {level: warning, module: x}
`),
    [
      "3:9 server.host: server.host may be 127.0.0.1, ::1 or localhost: the gateway refuses any other address until there is a key in auth.api_keys",
      "4:9 server.port: server.port must be at most 65535, not 70000",
      "5:3 server.prot: Unknown key 'prot' in server (did you mean 'port'?)",
      "7:13 auth.api_keys: auth.api_keys must be a list, not a string",
      "9:11 providers[0].type: Unknown providers[0].type 'opnai' (did you mean 'openai'?)",
      "10:5 providers[1].base_url: A provider of type vllm needs a base_url",
      "11:5 providers[2].base_url: A provider of type vllm needs a base_url",
      "11:11 providers[2].type: A second provider of this type needs a name of its own",
      "12:13 providers[2].forced: providers[2].forced must be true or false, not a string",
      "13:5 providers[2].api_key_env: Give either api_key or api_key_env, not both",
      "14:15 providers[2].api_key: Environment variable 'NOT_SET' is not set",
      "15:13 providers[2].models: providers[2].models must not be empty",
      "16:18 logging.level: logging.level must be debug, info, warn or error, not 'warning' (did you mean 'warn'?)",
      "16:27 logging.module: logging.module needs logging.class beside it",
    ],
  );
});

Deno.test("parseConfig() refuses another address than loopback without a key", () => {
  for (const host of ["0.0.0.0", "'::'", "example.com", "127.evil.example"]) {
    assertEquals(linesOf(`server: {host: ${host}}`).length, 1, host);
    assert(
      parse(`server: {host: ${host}}\nauth: {api_keys: [qW7rTz2Lm9XcVb4N]}`).ok,
    );
  }
  for (const host of ["127.0.0.1", "'::1'", "localhost"]) {
    assert(parse(`server: {host: ${host}}`).ok, host);
  }
});

Deno.test("parseConfig() says where YAML itself is broken, once for each slip", () => {
  const cases: [string, string][] = [
    ["server:\n\tport: 1\n", "2:1 : A tab in the indentation: use spaces"],
    [
      "a: b: c",
      "1:4 : A second ':' on one line: put the value in quotes, or begin a new line",
    ],
    [
      "app:\n  name: 'x\n",
      "3:1 : A closing quote, bracket, comma or ':' is missing",
    ],
    [
      "a: 1\n---\nb: 2",
      "2:1 : More than one document: a config is one, without a second '---'",
    ],
    [
      "app: {name: ${X}}\nserver:\n  port: 1\n",
      "1:14 : Within brackets, '${…}' must stand in quotes",
    ],
    ["%YAML 1.1\n---\napp: {}", "1:1 : Only YAML 1.2 is read"],
    ["app: !x {}", "1:6 : Unknown tag, or a value that does not fit it"],
    ["app: \0", "1:6 : A control character: is this a text file?"],
    ["app:\n  name: a\n  name: b", "3:3 app: Duplicate key 'name'"],
    ["<<: {a: b}", "1:1 : Merge keys are not read: repeat the entries"],
    ["__proto__: {a: b}", "1:1 : A key must be a plain text"],
    ["? [a]\n: b", "1:3 : A key must be a plain text"],
    ["- app", "1:1 : The file must hold a map of sections"],
    ["hello", "1:1 : The file must hold a map of sections"],
  ];
  for (const [text, line] of cases) assertEquals(linesOf(text), [line]);
});

Deno.test("parseConfig() points behind a byte order mark and at UTF-16 columns", () => {
  assertEquals(linesOf("\ufeffprot: 1").map((it) => it.slice(0, 3)), ["1:1"]);
  assertEquals(
    linesOf("app: {name: '😀', nme: 1}").map((it) => it.slice(0, 4)),
    ["1:19"],
  );
});

Deno.test("parseConfig() checks what spans several keys", () => {
  const cases: [string, string][] = [
    [
      "providers: [{type: mock, name: a}, {type: ollama, name: a}]",
      "providers[1].name",
    ],
    ["providers: [{type: mock}, {type: mock}]", "providers[1].type"],
    [
      "providers: [{type: mock, forced: true}, {type: ollama, forced: true}]",
      "providers[1].forced",
    ],
    [
      "providers: [{type: mock, max_connections: 1, max_keepalive_connections: 2}]",
      "providers[0].max_keepalive_connections",
    ],
    [
      "providers: [{type: mock, custom_headers: {X-A: b, x-a: c}}]",
      'providers[0].custom_headers["x-a"]',
    ],
    [
      "http_client: {max_connections: 1, max_keepalive_connections: 2}",
      "http_client.max_keepalive_connections",
    ],
    [
      "memory: {max_usage_percent: 50, gc_threshold_percent: 60}",
      "memory.gc_threshold_percent",
    ],
    ["health_check: {interval: 1, timeout: 2}", "health_check.timeout"],
    ["cache: {class: X}", "cache.class"],
    ["logging: {rotation: {max_files: 2}}", "logging.rotation"],
    [
      "chaos_engineering: {enabled: true, faults: [{type: delay, probability: 1}]}",
      "chaos_engineering.faults[0].delay",
    ],
    [
      "auth: {api_keys: [qW7rTz2Lm9XcVb4N, qW7rTz2Lm9XcVb4N]}",
      "auth.api_keys[1]",
    ],
    [
      "auth: {api_keys: [qW7rTz2Lm9XcVb4N, {name: key-1, key: hJ3kPs8DfGy6QaZe}]}",
      "auth.api_keys[1].name",
    ],
  ];
  for (const [text, path] of cases) {
    const result = parse(text);
    assert(!result.ok, text);
    assertEquals(result.faults.map((it) => it.path), [path]);
  }
});

Deno.test("parseConfig() keeps a smaller limit against a larger default", () => {
  const result = parse(
    "memory: {max_usage_percent: 50}\nhttp_client: {max_connections: 8}",
  );
  assert(result.ok);
  assertEquals(result.config.memory.gc_threshold_percent, 50);
  assertEquals(result.config.http_client.max_keepalive_connections, 8);
});

Deno.test("formatFault() stays on one line", () => {
  const fault = {
    file: "a\nb",
    line: 1,
    column: 2,
    path: "",
    message: "x\u2028y\x1b[31m",
  };
  assertEquals(formatFault(fault), "a\ufffdb:1:2: x\ufffdy\ufffd[31m");
});

Deno.test("loadConfig() makes one fault of a file that cannot be read", async () => {
  const cases: [string, string][] = [
    ["no/such/file.yaml", "The file does not exist"],
    [import.meta.dirname ?? ".", "Not a file but a directory"],
    [Deno.execPath(), "The file is larger than 4 MiB"],
    ["bad\0name", "The file cannot be read"],
  ];
  if (Deno.build.os === "linux") {
    cases.push(["/bin/sh", "The file is not UTF-8 text"]);
  }
  for (const [file, message] of cases) {
    const result = await loadConfig(file);
    assertEquals(result, {
      ok: false,
      faults: [{ file, line: 1, column: 1, path: "", message }],
    });
  }
});

Deno.test("loadConfig() says so when the process may not read", {
  permissions: { read: false },
}, async () => {
  const result = await loadConfig("config.yaml");
  assert(!result.ok);
  assertEquals(
    result.faults.map((it) => it.message),
    ["The file may not be read: allow it with --allow-read"],
  );
});

Deno.test(
  "loadConfig() says so when the process may not read its environment",
  {
    // The YAML parser itself looks for these two.
    permissions: { read: true, env: ["LOG_TOKENS", "LOG_STREAM"] },
  },
  async () => {
    const file = new URL("../config.example.yaml", import.meta.url).pathname;
    const result = await loadConfig(file);
    assert(!result.ok);
    assertEquals(result.faults.map((it) => it.message), [
      "Environment variable 'LLM_PROXY_KEY' may not be read",
      "Environment variable 'OPENAI_API_KEY' may not be read",
      "Environment variable 'ANTHROPIC_API_KEY' may not be read",
    ]);
  },
);

Deno.test("parseConfig() names the variables that the YAML parser wants", {
  permissions: { env: false },
}, () => {
  assertEquals(linesOf("app: {}"), [
    "1:1 : The YAML parser may not look for LOG_TOKENS and LOG_STREAM: add both to --allow-env",
  ]);
});
