import { assert, assertEquals } from "@std/assert";
import { faultsOf, linesOf } from "./_config_fixture_test.ts";
import { formatFault } from "./config.ts";

Deno.test("F3: every variable that is missing or empty is named, all at once", () => {
  const text = `
app:
  name: gateway of \${TEAM}
server:
  port: \${PORT}
auth:
  api_keys:
    - \${FIRST}\${SECOND}
    - |
      \${THIRD}
providers:
  - type: openai
    api_key: "\${OPENAI_API_KEY}"
  - type: groq
    api_key_env: GROQ_API_KEY
  - type: mistral
    enabled: false
    api_key_env: MISTRAL_API_KEY
  - type: mock
    custom_headers: {x-token: "\\u0041\${TOKEN}"}
`;
  assertEquals(linesOf(text, { PORT: "", GROQ_API_KEY: "" }), [
    "3:20 app.name: Environment variable 'TEAM' is not set",
    "5:9 server.port: Environment variable 'PORT' is empty",
    "8:7 auth.api_keys[0]: Environment variable 'FIRST' is not set",
    "8:15 auth.api_keys[0]: Environment variable 'SECOND' is not set",
    "10:7 auth.api_keys[1]: Environment variable 'THIRD' is not set",
    "13:15 providers[0].api_key: Environment variable 'OPENAI_API_KEY' is not set",
    "15:18 providers[1].api_key_env: Environment variable 'GROQ_API_KEY' is empty",
    "20:38 providers[3].custom_headers[\"x-token\"]: Environment variable 'TOKEN' is not set",
  ]);
});

Deno.test("F3: a secret that nobody expanded is refused, wherever it comes from", () => {
  const texts = [
    "providers: [{type: openai, api_key: '$${OPENAI_API_KEY}'}]",
    "providers: [{type: openai, api_key: $OPENAI_API_KEY}]",
    "providers: [{type: openai, api_key: '${UNEXPANDED}'}]",
    "providers: [{type: openai, api_key_env: UNEXPANDED}]",
    "providers: [{type: openai, api_key: your-api-key}]",
    "auth: {api_keys: ['$${LLM_PROXY_KEY}']}",
    "auth: {api_keys: ['${UNEXPANDED}']}",
    "auth: {api_keys: [changeme-changeme]}",
  ];
  for (const text of texts) {
    const faults = faultsOf(text, { UNEXPANDED: "${OPENAI_API_KEY_FILE}" });
    assertEquals(faults.length, 1, text);
    assert(
      faults[0]?.message.includes("looks like a placeholder"),
      faults[0]?.message,
    );
  }
});

Deno.test("F3: an empty secret is refused", () => {
  for (
    const text of [
      "auth: {api_keys: ['']}",
      "auth: {api_keys: [null]}",
      "auth: {api_keys: [{name: a, key: ''}]}",
      "providers: [{type: openai, api_key: ''}]",
      "providers: [{type: openai, api_key: }]",
      "providers: [{type: openai, api_key_env: ''}]",
      "providers: [{type: openai, api_key: ' '}]",
      "providers: [{type: openai, api_key_env: BLANK}]",
    ]
  ) assertEquals(faultsOf(text, { BLANK: " " }).length, 1, text);
});

Deno.test("X11: no fault repeats a secret or a value from the environment", () => {
  const canary = "CanaryQ7w";
  const texts = [
    "auth: {api_keys: [#]}",
    "auth: {api_keys: [#, #]}",
    "auth: {api_keys: {#: x}}",
    "auth: {api_keys: [{#: x}]}",
    "auth: {api_keys: [{name: '#', key: '# #'}, {name: '#', key: 1}]}",
    "auth: {#: 1, #: 2}",
    "auth:\n  - #\n  api_keys: @#",
    "providers: [{type: openai, api_key: '#\u00e9'}]",
    "providers: [{type: openai, api_key: {#: 1}}]",
    "providers: [{type: openai, api_key: '$${#}'}]",
    "providers: [{type: openai, api_key: '${#'}]",
    "providers: [{type: openai, api_key_env: sk-#}]",
    "providers: [{type: openai, api_key_env: sk_live_#}]",
    "providers: [{type: openai, api_key_env: BAD}]",
    "providers: [{type: mock, base_url: 'https://user:#@host/'}]",
    "providers: [{type: mock, base_url: 'https://host/?key=#'}]",
    'providers: [{type: mock, custom_headers: {authorization: "Bearer #\\n"}}]',
    "providers: [{type: mock, custom_headers: {'Bearer #': x}}]",
    "providers: [{type: mock, custom_headers: 'Bearer #'}]",
    "telemetry: {headers: {x: [#]}}",
    "server: {host: '${BAD}', port: '${BAD}'}",
    "logging: {level: '${BAD}'}",
    "providers: [{type: '${BAD}', name: '${BAD}', base_url: '${BAD}', enabled: '${BAD}'}]",
    "rate_limit: {default: '${BAD}', routes: {/: '${BAD}'}}",
    '"#',
    "a: 'x' #\nb: \"\\#\"",
    'api_key: "#" #',
    "x: [#, *#, &# &#, !# #]",
    `${"#".repeat(6)}: 1`,
  ];
  for (const text of texts) {
    const source = text.replaceAll("#", canary);
    for (const fault of faultsOf(source, { BAD: `${canary} é` })) {
      const told = `${formatFault(fault)} ${fault.path}`.toLowerCase();
      assert(!told.includes(canary.toLowerCase()), `${source}\n${told}`);
    }
  }
});
