import { assertEquals, assertThrows } from "@std/assert";
import type { Quirks } from "../../dialect.ts";
import { GatewayError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { checkMessagesRequest } from "./_pass_check.ts";
import { passMessages } from "./pass.ts";
import {
  type PassMessagesOptions,
  passMessagesRequest,
} from "./pass_request.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function pass(
  text: string,
  { quirks = {}, model = "claude", ...options }: PassMessagesOptions & {
    quirks?: Quirks;
    model?: string;
  } = {},
) {
  const losses = new LossReport();
  const target = { provider: "p", quirks, losses };
  const document = parseJsonDocument(bytes(text));
  const { path, headers, body } = passMessagesRequest(
    document,
    { ...target, model },
    options,
  );
  return { path, headers, body, losses: losses.toString() };
}

Deno.test("A25, C17, M15: only the model is replaced", () => {
  const rest =
    `", "max_tokens" : 1e3, "x_new":{"n":9007199254740993},"system":[{"type":"text","text":"\\u00e9","cache_control":{"type":"ephemeral"}}],"messages":[ {"role":"user","content":"hi"} ] }`;
  assertEquals(pass(`{"model":"p/claude${rest}`), {
    path: "/messages",
    headers: { "anthropic-version": "2023-06-01" },
    body: `{"model":"claude${rest}`,
    losses: "",
  });
});

Deno.test("passMessagesRequest() sets stream where it disagrees", () => {
  const text = '{"model":"claude"}';
  assertEquals(
    pass(text, { stream: true }).body,
    '{"model":"claude","stream":true}',
  );
  assertEquals(
    pass('{"model":"claude","stream":true}').body,
    '{"model":"claude","stream":false}',
  );
});

Deno.test("C40, K21: version and betas are handed on, and no other header", () => {
  const asked = (headers: Record<string, string>) => {
    const map = new Map(Object.entries(headers));
    const { headers: sent, losses } = pass('{"model":"claude"}', {
      header: (name) => map.get(name),
    });
    return { sent, losses };
  };
  assertEquals(
    asked({
      "anthropic-version": "2024-01-01",
      "anthropic-beta": "context-1m-2025-08-07, files-api-2025-04-14",
      "x-api-key": "secret",
    }),
    {
      sent: {
        "anthropic-version": "2024-01-01",
        "anthropic-beta": "context-1m-2025-08-07,files-api-2025-04-14",
      },
      losses: "",
    },
  );
  const odd = asked({
    "anthropic-version": "evil\r\nx: y",
    "anthropic-beta": "ok,a b,é",
  });
  assertEquals(odd, {
    sent: { "anthropic-version": "2023-06-01", "anthropic-beta": "ok" },
    losses:
      "changed: anthropic-version (2023-06-01); dropped: anthropic-beta (no name of a feature)",
  });
  const many = asked({ "anthropic-beta": Array(100).fill("b").join() });
  assertEquals(many.sent["anthropic-beta"]?.split(",").length, 64);
  assertEquals(many.losses.startsWith("dropped: anthropic-beta"), true);
});

Deno.test("C12: thought that the provider has not signed goes, its own stays", () => {
  const own =
    `{"type":"thinking","thinking":"mine","signature":"s"},{"type":"redacted_thinking","data":"r"}`;
  const call =
    `{"type":"tool_use","id":"t","name":"n","input":{"id":9007199254740993}}`;
  const turn = (content: string) =>
    `{"model":"claude","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[${content}]}]}`;
  assertEquals(pass(turn(`${own},${call}`)).body, turn(`${own},${call}`));
  const foreign =
    `{"type":"thinking","thinking":"theirs","signature":""},{"type":"redacted_thinking","data":"llm-proxy.call.g"}`;
  const { body, losses } = pass(turn(`${foreign},${own},${call}`));
  assertEquals(body, turn(`${own},${call}`));
  assertEquals(
    losses,
    "dropped: messages.thinking (not signed by this provider)",
  );
  assertEquals(
    pass(turn(foreign)).body,
    `{"model":"claude","messages":[{"role":"user","content":"hi"}]}`,
  );
});

Deno.test("C12: a tool loop without any thought goes on without manual thinking", () => {
  const thinking = { type: "enabled", budget_tokens: 2_000 };
  const signed = { type: "thinking", thinking: "hm", signature: "s" };
  const user = { role: "user", content: "hi" };
  const calls = (...thought: object[]) => ({
    role: "assistant",
    content: [...thought, { type: "tool_use", id: "a", name: "f", input: {} }],
  });
  const result = {
    role: "user",
    content: [{ type: "tool_result", tool_use_id: "a", content: "1" }],
  };
  const losses = "dropped: thinking (the tool loop has no signed thought)";
  const cases: readonly (readonly [object[], isKept: boolean])[] = [
    [[user, calls(), result], false],
    [[user, calls(signed), result, user, calls(), result], false],
    [[user, calls(signed), result], true],
    // Between calls Claude need not think again.
    [[user, calls(signed), result, calls(), result], true],
    [[user, calls(), result, user], true],
    [[user], true],
  ];
  for (const [messages, isKept] of cases) {
    const told = pass(JSON.stringify({ model: "claude", thinking, messages }));
    const sent = { model: "claude", ...isKept && { thinking }, messages };
    assertEquals(JSON.parse(told.body), sent);
    assertEquals(told.losses, isKept ? "" : losses);
    const other = pass(told.body, { model: "glm" });
    assertEquals(JSON.parse(other.body), { ...sent, model: "glm" });
  }
});

Deno.test("J6: other makers' models get their unsigned thought back", () => {
  const thought = `{"type":"thinking","thinking":"mine","signature":""}`;
  const turn = (content: string) =>
    `{"model":"glm-5","messages":[{"role":"assistant","content":[${content}]}]}`;
  const mark = `{"type":"redacted_thinking","data":"llm-proxy.text.g"}`;
  const { body } = pass(turn(`${thought},${mark}`), { model: "glm-5" });
  assertEquals(body, turn(thought));
});

Deno.test("passMessagesRequest() drops what the provider refuses", () => {
  const { body, losses } = pass('{"model":"claude","service_tier":"auto"}', {
    quirks: { drop: ["service_tier", "metadata"] },
  });
  assertEquals(body, '{"model":"claude"}');
  assertEquals(losses, "dropped: service_tier (p)");
});

Deno.test("K17: a request is checked before it passes", () => {
  const refused = (fields: object) =>
    assertThrows(
      () =>
        checkMessagesRequest(parseJsonDocument(bytes(JSON.stringify(fields)))),
      GatewayError,
    ).param;
  const messages = [{ role: "user", content: "hi" }];
  const base = { model: "m", max_tokens: 1, messages };
  assertEquals(refused({}), "model");
  assertEquals(refused({ ...base, max_tokens: "1" }), "max_tokens");
  assertEquals(refused({ ...base, max_tokens: -1 }), "max_tokens");
  assertEquals(refused({ ...base, messages: "hi" }), "messages");
  assertEquals(refused({ ...base, messages: [] }), "messages");
  assertEquals(refused({ ...base, messages: undefined }), "messages");
  for (const odd of [null, "hi", { role: 7, content: "" }, { role: "user" }]) {
    assertEquals(
      refused({ ...base, messages: [...messages, odd] }),
      "messages[1]",
    );
  }
  const document = (fields: object) =>
    parseJsonDocument(bytes(JSON.stringify(fields)));
  checkMessagesRequest(document({ ...base, max_tokens: 0 }));
  checkMessagesRequest(document({ model: "m", messages }), { isCount: true });
  const thread = { type: "continue", previous_message_id: "msg_1" };
  checkMessagesRequest(document({ ...base, messages: [], thread }));
});

Deno.test("passMessages() carries a request there and its answer back", () => {
  const translation = passMessages(parseJsonDocument(bytes('{"model":"x"}')), {
    target: {
      provider: "p",
      model: "claude",
      quirks: {},
      losses: new LossReport(),
    },
    stream: true,
    includeUsage: false,
  });
  const { path, body } = translation.request;
  assertEquals([path, body], ["/messages", '{"model":"claude","stream":true}']);
  const answer =
    `{"id":"i","type":"message","role":"assistant","model":"c","content":[],"stop_reason":"end_turn","stop_sequence":null,"usage":{"output_tokens":1}}`;
  assertEquals(translation.answer(bytes(answer)).body, answer);
  assertEquals(translation.stream().done, false);
  const error = translation.error(
    429,
    { "retry-after": "3" },
    bytes(
      '{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}',
    ),
  );
  assertEquals([error.kind, error.message], ["rate_limit", "slow"]);
});
