import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { passEmbeddingsAnswer, passEmbeddingsRequest } from "./embeddings.ts";

const encoder = new TextEncoder();

function pass(text: string): string {
  return passEmbeddingsRequest(parseJsonDocument(encoder.encode(text)), "m");
}

Deno.test("A25: an embeddings request changes its model and nothing else", () => {
  assertEquals(
    pass('{ "model":"p/m", "input":["a"], "x":1.0 }'),
    '{ "model":"m", "input":["a"], "x":1.0 }',
  );
  const same = '{"input":[[1,2]],"model":"m"}';
  assertEquals(pass(same), same);
});

Deno.test("K17: an embeddings request without input is refused with the field's name", () => {
  const faults = [
    ["", "missing_required_parameter"],
    ['"input":null,', "missing_required_parameter"],
    ['"input":"",', "missing_required_parameter"],
    ['"input":[],', "missing_required_parameter"],
    ['"input":5,', "invalid_type"],
    ['"input":{},', "invalid_type"],
  ];
  for (const [input, code] of faults) {
    const error = assertThrows(() => pass(`{${input}"model":"m"}`));
    assertInstanceOf(error, GatewayError);
    assertEquals([error.status, error.code, error.param], [400, code, "input"]);
  }
});

Deno.test("passEmbeddingsAnswer() hands on the provider's text and reads its usage", () => {
  const text =
    '{"object":"list","data":[{"embedding":"AAAA"}],"model":"m-1","usage":{"prompt_tokens":5,"total_tokens":5}}';
  const answer = passEmbeddingsAnswer(encoder.encode(text));
  assertEquals([answer.body, answer.model, answer.usage?.input], [
    text,
    "m-1",
    5,
  ]);
  assertEquals(passEmbeddingsAnswer(encoder.encode('{"data":[1]}')).model, "");
});

Deno.test("U11: an embeddings answer that is none, or an error in a 200, is a failure", () => {
  for (
    const text of [
      "",
      "<html>",
      "null",
      "[]",
      "{}",
      '{"data":[]}',
      '{"data":{}}',
      '{"error":{"message":"no","code":"x"}}',
      '{"error":"no"}',
      '{"object":"error","message":"no","code":400}',
    ]
  ) {
    assertInstanceOf(
      assertThrows(() => passEmbeddingsAnswer(encoder.encode(text))),
      UpstreamError,
      text,
    );
  }
});
