import { assertEquals, assertThrows } from "@std/assert";
import type { Quirks } from "../../dialect.ts";
import { GatewayError } from "../../errors.ts";
import { type JsonDocument, parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { ResponseHead } from "./_response_head.ts";
import { checkResponsesRequest, passResponsesRequest } from "./pass_request.ts";

function parse(text: string): JsonDocument {
  return parseJsonDocument(new TextEncoder().encode(text));
}

function pass(
  text: string,
  { model = "gpt-5", stream = false, quirks = {} }: {
    readonly model?: string;
    readonly stream?: boolean;
    readonly quirks?: Quirks;
  } = {},
): { readonly body: string; readonly losses: string } {
  const losses = new LossReport();
  const target = { provider: "openai", model, quirks, losses };
  const body = passResponsesRequest(parse(text), target, { stream });
  return { body, losses: losses.toString() };
}

const OPENAI = { reasoningModels: ["gpt-5", "o3"] };

Deno.test("A25, M15: everything but the model stays byte for byte", () => {
  const rest =
    `"input": "x",\n "top_p": 1.0, "seed": 9007199254740993, "x_new": [ 1 ], "previous_response_id": "r"}`;
  assertEquals(pass(`{"model": "openai/gpt-5", ${rest}`), {
    body: `{"model": "gpt-5", ${rest}`,
    losses: "",
  });
  assertEquals(
    pass(`{"model":"gpt-5",${rest}`).body,
    `{"model":"gpt-5",${rest}`,
  );
});

Deno.test("passResponsesRequest() sets stream where it disagrees", () => {
  const text = '{"model":"gpt-5","input":"x","stream":true}';
  assertEquals(pass(text, { stream: true }).body, text);
  assertEquals(pass(text).body, text.replace("true", "false"));
});

Deno.test("B19: what is not stored comes encrypted from models that think", () => {
  const include = (text: string, model = "gpt-5") =>
    JSON.parse(pass(text, { model, quirks: OPENAI }).body).include;
  const encrypted = "reasoning.encrypted_content";
  const text = '{"model":"gpt-5","input":"x","store":false}';
  assertEquals(include(text), [encrypted]);
  assertEquals(include(text.replace("}", ',"include":["a"]}')), [
    "a",
    encrypted,
  ]);
  assertEquals(include(text.replace("}", ',"include":null}')), [encrypted]);
  const told = text.replace("}", `,"include":["${encrypted}"]}`);
  assertEquals(pass(told, { quirks: OPENAI }).body, told);
  assertEquals(include(text, "gpt-4o"), undefined);
  assertEquals(include(text, "gpt-5-chat-latest"), undefined);
  assertEquals(include(text.replace("false", "true")), undefined);
  assertEquals(include('{"model":"gpt-5","input":"x"}'), undefined);
});

Deno.test("B18, B29: thought sealed for another provider goes, a provider's own stays", () => {
  const own = '{"type":"reasoning","id":"rs","encrypted_content":"gAAAA"}';
  const sealed = own.replace("gAAAA", "llmp1.s.sig");
  const number = '{"type":"x","n":12345678901234567890}';
  const { body, losses } = pass(
    `{"model":"gpt-5","input":[${own},${sealed},${number}]}`,
  );
  assertEquals(body, `{"model":"gpt-5","input":[${own},${number}]}`);
  assertEquals(losses, "dropped: input[1] (thought of another provider)");
});

Deno.test("B18: thought that a gateway has told of another provider, without a proof, goes", () => {
  const head = new ResponseHead();
  const own = { type: "reasoning", id: head.nextItemId("rs"), summary: [] };
  const id = `rs_${"0".repeat(50)}`;
  const stored = { ...own, id };
  const signed = { ...own, encrypted_content: "gAAAA" };
  const input = [own, stored, signed];
  const { body, losses } = pass(JSON.stringify({ model: "gpt-5", input }));
  assertEquals(JSON.parse(body).input, [stored, signed]);
  assertEquals(losses, "dropped: input[0] (thought of another provider)");
});

Deno.test("passResponsesRequest() drops what the quirks say", () => {
  const { body, losses } = pass('{"model":"gpt-5","input":"x","user":"u"}', {
    quirks: { drop: ["user", "model_x"] },
  });
  assertEquals(body, '{"model":"gpt-5","input":"x"}');
  assertEquals(losses, "dropped: user (openai)");
});

Deno.test("K17: a request without model or input is refused by name", () => {
  const cases: [string, string, string][] = [
    ["{}", "model", "missing_required_parameter"],
    ['{"model":7}', "model", "invalid_type"],
    ['{"model":"m"}', "input", "missing_required_parameter"],
    ['{"model":"m","input":7}', "input", "invalid_type"],
    ['{"model":"m","input":[null]}', "input[0]", "invalid_type"],
  ];
  for (const [text, param, code] of cases) {
    const error = assertThrows(
      () => checkResponsesRequest(parse(text)),
      GatewayError,
    );
    assertEquals([error.status, error.param, error.code], [400, param, code]);
  }
  checkResponsesRequest(parse('{"model":"m","input":[{}]}'));
  checkResponsesRequest(parse('{"model":"m","previous_response_id":"r"}'));
});
