// X16: names that callers choose are data, wherever they stand.
import { assert, assertEquals } from "@std/assert";
import { startAnsweringUpstream } from "./_answering_upstream.ts";
import { startGateway } from "./_gateway.ts";
import { ANTHROPIC, CHAT, GEMINI, says } from "./_speakers.ts";

const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "",
  "x".repeat(10_000),
];

/** What a request could leave behind on what every object has. */
function prototypes(): string {
  return JSON.stringify(
    [Object, Array, String, Function, Map, Promise, Response].map((it) =>
      Object.entries(Object.getOwnPropertyDescriptors(it.prototype))
        .map(([name, { enumerable }]) => `${name}:${enumerable}`).sort()
    ),
  );
}

for (const speaker of [CHAT, ANTHROPIC, GEMINI]) {
  Deno.test(`X16: names of tools, fields, metadata, users and headers are data (${speaker.name})`, async () => {
    const before = prototypes();
    let name = "";
    const upstream = startAnsweringUpstream((asked, number) =>
      says(speaker, {
        // The model makes names up as well.
        calls: [{
          id: "call_1",
          name: name || "f",
          input: { ["__proto__"]: { a: 1 } },
        }],
      })(asked, number)
    );
    const gateway = await startGateway(
      `providers: [{${speaker.entry}, base_url: "${upstream.origin}/v1"}]\n`,
    );
    const [provider = ""] = speaker.model.split("/");
    try {
      for (name of NAMES) {
        // Written, for an object would take some of the names for its own.
        const key = JSON.stringify(name);
        const fn =
          `{"name":${key},"description":"d","parameters":{"type":"object","properties":{${key}:{"type":"string"}},"required":[${key}]}}`;
        const bodies: readonly (readonly [path: string, body: string])[] = [
          [
            "/v1/chat/completions",
            `{"model":"${speaker.model}",${key}:{"a":1},"user":${key},"metadata":{${key}:${key}},
            "tools":[{"type":"function","function":${fn}}],"tool_choice":{"type":"function","function":{"name":${key}}},
            "messages":[{"role":"user","content":"hi",${key}:{}},
            {"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":${key},"arguments":"{\\"__proto__\\":{\\"a\\":1}}"}}]},
            {"role":"tool","tool_call_id":"c","name":${key},"content":"ok"}]}`,
          ],
          [
            "/v1/messages",
            `{"model":"${speaker.model}","max_tokens":9,"metadata":{"user_id":${key},${key}:1},
            "tools":[{"name":${key},"input_schema":{"type":"object","properties":{${key}:{}}}}],
            "messages":[{"role":"user","content":"hi"}]}`,
          ],
          [
            "/v1/responses",
            `{"model":"${speaker.model}","input":"hi","metadata":{${key}:"x"},"tools":[{"type":"function","name":${key},"parameters":{}}]}`,
          ],
          [
            `/v1beta/models/${
              encodeURIComponent(speaker.model)
            }:generateContent`,
            `{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"tools":[{"functionDeclarations":[{"name":${key},"description":"d"}]}],"labels":{${key}:"x"}}`,
          ],
        ];
        for (const [path, body] of bodies) {
          const isToken = name !== "" && name.length < 100;
          const response = await fetch(gateway.url + path, {
            method: "POST",
            headers: [
              ["content-type", "application/json"],
              ...isToken ? [[name, "x"] as [string, string]] : [],
            ],
            body,
          });
          const text = await response.text();
          assert(
            response.status < 500,
            `${path} ${name.slice(0, 40)}: ${response.status} ${text}`,
          );
          JSON.parse(text);
        }
        const segment = encodeURIComponent(name) || "%20";
        for (
          const path of [
            `/p/${segment}/models`,
            `/v1/providers/${segment}/models`,
            `/v1/providers/${provider}/models/${segment}`,
            `/v1/responses/${segment}`,
            `/v1/models/${segment}`,
            `/v1/usage?by=${segment}`,
            `/v1/requests?model=${segment}&${segment}=1`,
          ]
        ) {
          const response = await fetch(gateway.url + path);
          await response.body?.cancel();
          assert(
            response.status < 500,
            `${path.slice(0, 80)}: ${response.status}`,
          );
        }
      }
      assertEquals(prototypes(), before);
      assertEquals(({} as Record<string, unknown>).a, undefined);
    } finally {
      await gateway.close();
      await upstream.close();
    }
  });
}
