import { assertEquals, assertThrows } from "@std/assert";
import type { Message } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import {
  assistant,
  call,
  encode,
  result,
  system,
  user,
} from "./_test_encode.ts";

function contents(messages: readonly Message[], model?: string): unknown {
  return encode({ messages }, model).body.contents;
}

function refused(messages: readonly Message[]): [number, string | undefined] {
  const error = assertThrows(() => encode({ messages }), GatewayError);
  return [error.status, error.param];
}

Deno.test("D3: the assistant is the model, tool results are the user's, the system stands apart", () => {
  const { body, losses } = encode({
    messages: [
      system("One"),
      { role: "developer", parts: [{ type: "text", text: "Two" }] },
      user("Hi"),
      assistant([{ type: "text", text: "Let me see" }, call("a")]),
      result("a", "seen"),
    ],
  });
  assertEquals(body.systemInstruction as object, {
    parts: [{ text: "One" }, { text: "Two" }],
  });
  assertEquals(body.contents as object, [
    { role: "user", parts: [{ text: "Hi" }] },
    {
      role: "model",
      parts: [
        { text: "Let me see" },
        { functionCall: { id: "a", name: "look", args: {} } },
      ],
    },
    {
      role: "user",
      parts: [{
        functionResponse: {
          id: "a",
          name: "look",
          response: { result: "seen" },
        },
      }],
    },
  ]);
  assertEquals(losses, []);
});

Deno.test("D3: a system message in mid-conversation stays in its place, marked", () => {
  const { body, losses } = encode({
    messages: [user("Hi"), assistant("Ho"), system("Be brief"), user("Go")],
  });
  assertEquals((body.contents as object[])[2], {
    role: "user",
    parts: [{ text: "<system>\nBe brief\n</system>" }, { text: "Go" }],
  });
  assertEquals(losses, [
    "approximated: messages[2] (sent as marked user text)",
  ]);
});

Deno.test("D3: a conversation of system messages alone gets a user turn", () => {
  const { body, losses } = encode({ messages: [system("A"), system("B")] });
  assertEquals(body.systemInstruction as object, { parts: [{ text: "A" }] });
  assertEquals(body.contents as object, [
    { role: "user", parts: [{ text: "B" }] },
  ]);
  assertEquals(losses, ["approximated: messages[1] (sent as a user message)"]);
});

Deno.test("D3: turns of one speaker are merged, a user comes first", () => {
  const { body, losses } = encode({
    messages: [assistant("A"), assistant("B"), user("C"), user("D")],
  });
  assertEquals(body.contents as object, [
    { role: "user", parts: [{ text: "(The assistant speaks first.)" }] },
    { role: "model", parts: [{ text: "A" }, { text: "B" }] },
    { role: "user", parts: [{ text: "C" }, { text: "D" }] },
  ]);
  assertEquals(losses, [
    "approximated: messages (a user turn was put first)",
  ]);
});

Deno.test("D6, D8: parallel results stand in one turn, in the order of the calls, each by its id", () => {
  const turns = contents([
    user("Hi"),
    assistant([call("a"), call("b")]),
    result("b", "B"),
    result("a", "A"),
    user("Go on"),
  ]) as { parts: { functionResponse: object }[] }[];
  const of = (id: string, said: string) => ({
    functionResponse: { id, name: "look", response: { result: said } },
  });
  assertEquals(turns.length, 4);
  assertEquals(turns[2] as object, {
    role: "user",
    parts: [of("a", "A"), of("b", "B")],
  });
  assertEquals(turns[3] as object, {
    role: "user",
    parts: [{ text: "Go on" }],
  });
});

Deno.test("D8: results come right behind their calls, whatever the user says between", () => {
  const turns = contents([
    user("Hi"),
    assistant([call("a"), call("b")]),
    result("a"),
    user("Hurry"),
    result("b"),
  ]) as { role: string; parts: object[] }[];
  assertEquals(turns.map(({ parts }) => parts.length), [1, 2, 2, 1]);
  assertEquals(turns[3]!.parts, [{ text: "Hurry" }]);
});

Deno.test("D7: a result that is no object is wrapped, an object is sent as it is", () => {
  const response = (text: string, isError = false) => {
    const turns = contents([
      user("Hi"),
      assistant([call("a", { name: "f" })]),
      result("a", text, isError),
    ]) as {
      parts: { functionResponse: { name: string; response: object } }[];
    }[];
    const { name, response } = turns[2]!.parts[0]!.functionResponse;
    assertEquals(name, "f");
    return response;
  };
  assertEquals(response("40 C"), { result: "40 C" });
  assertEquals(response(""), { result: "" });
  assertEquals(response("[1]"), { result: "[1]" });
  assertEquals(response("{broken"), { result: "{broken" });
  assertEquals(response(' {"t":40} '), { t: 40 });
  assertEquals(response("no", true), { error: "no" });
  assertEquals(response('{"code":1}', true), { error: { code: 1 } });
});

Deno.test("D7, M15: large numbers in results and arguments are not rounded", () => {
  const { text } = encode({
    messages: [
      user("Hi"),
      assistant([call("a", { args: '{"id":12345678901234567890}' })]),
      result("a", '{"id":12345678901234567890}'),
    ],
  });
  assertEquals(text.split('"id":12345678901234567890').length, 3);
});

Deno.test("D7: a result of several texts is a list", () => {
  const parts = ["a", "b"].map((text) => ({ type: "text", text }) as const);
  const turns = contents([
    user("Hi"),
    assistant([call("a")]),
    { role: "tool", parts: [{ type: "tool_result", callId: "a", parts }] },
  ]) as { parts: { functionResponse: { response: object } }[] }[];
  assertEquals(turns[2]!.parts[0]!.functionResponse.response, {
    result: ["a", "b"],
  });
});

Deno.test("D7: pictures of a result stand in it since Gemini 3, beside it before", () => {
  const picture = { type: "image", data: "AA==", mediaType: "image/png" };
  const messages = [
    user("Hi"),
    assistant([call("a", { signature: "s" })]),
    {
      role: "tool",
      parts: [{ type: "tool_result", callId: "a", parts: [picture] }],
    } as Message,
  ];
  const inlineData = { mimeType: "image/png", data: "AA==" };
  const response = { id: "a", name: "look", response: { result: "" } };
  const modern = encode({ messages }, "gemini-3-pro-preview");
  assertEquals((modern.body.contents as { parts: object[] }[])[2]!.parts, [
    { functionResponse: { ...response, parts: [{ inlineData }] } },
  ]);
  assertEquals(modern.losses, []);
  const old = encode({ messages });
  assertEquals((old.body.contents as { parts: object[] }[])[2]!.parts, [
    { functionResponse: response },
    { inlineData },
  ]);
  assertEquals(old.losses, [
    "approximated: messages[2] (media sent beside the tool result)",
  ]);
});

Deno.test("A23: results without calls and calls without results are refused, naming the field", () => {
  const calls = assistant([call("a")]);
  assertEquals(refused([user("Hi"), result("a")]), [
    400,
    "messages[1].tool_call_id",
  ]);
  assertEquals(refused([user("Hi"), calls, result("b")]), [
    400,
    "messages[2].tool_call_id",
  ]);
  assertEquals(refused([user("Hi"), calls, result("a"), result("a")]), [
    400,
    "messages[3].tool_call_id",
  ]);
  assertEquals(refused([user("Hi"), calls]), [
    400,
    "messages[1].tool_calls[0]",
  ]);
  assertEquals(refused([user("Hi"), calls, user("?"), assistant("!")]), [
    400,
    "messages[1].tool_calls[0]",
  ]);
  assertEquals(refused([user("Hi"), assistant([call("a"), call("a")])]), [
    400,
    "messages[1].tool_calls[1].id",
  ]);
});

Deno.test("D9, D11: signatures go back on their parts, unmerged, also on an empty text", () => {
  assertEquals(
    contents([
      user("Hi"),
      assistant([
        { type: "text", text: "Hel" },
        { type: "text", text: "lo", signature: "s1" },
        { type: "text", text: "" },
        { type: "text", text: "", signature: "s2" },
      ]),
    ]),
    [
      { role: "user", parts: [{ text: "Hi" }] },
      {
        role: "model",
        parts: [
          { text: "Hel" },
          { text: "lo", thoughtSignature: "s1" },
          { text: "", thoughtSignature: "s2" },
        ],
      },
    ] as unknown,
  );
});

Deno.test("D9, D10: a missing signature is stood in for on the first call of each step, since Gemini 3", () => {
  const messages = [
    user("Hi"),
    assistant([call("a"), call("b")]),
    result("a"),
    result("b"),
    assistant([call("c", { signature: "s" }), call("d")]),
    result("c"),
    result("d"),
  ];
  const signatures = (model: string) =>
    (contents(messages, model) as { parts: Record<string, unknown>[] }[])
      .flatMap(({ parts }) => parts).filter((part) => "functionCall" in part)
      .map(({ thoughtSignature }) => thoughtSignature);
  const standIn = "skip_thought_signature_validator";
  assertEquals(
    signatures("gemini-3-flash-preview"),
    [standIn, undefined, "s", undefined] as unknown[],
  );
  assertEquals(
    signatures("gemini-2.5-pro"),
    [undefined, undefined, "s", undefined] as unknown[],
  );
  assertEquals(encode({ messages }, "gemini-3.1-pro").losses, [
    "approximated: messages[1].tool_calls[0] (thought signature is missing)",
  ]);
});

Deno.test("C12: thought of whatever model is not sent, and its loss is told", () => {
  const { text, losses } = encode({
    messages: [
      user("Hi"),
      assistant([
        { type: "reasoning", text: "Hm", signature: "of-another" },
        { type: "text", text: "Ho" },
      ]),
    ],
  });
  assertEquals(text.includes("of-another"), false);
  assertEquals(losses, [
    "dropped: messages[1].reasoning_content (gemini)",
  ]);
});

Deno.test("A26: an earlier refusal is sent as text, names are lost", () => {
  const { body, losses } = encode({
    messages: [
      { ...user("Hi"), name: "ann" },
      assistant([{ type: "refusal", text: "No" }]),
    ],
  });
  assertEquals((body.contents as object[])[1], {
    role: "model",
    parts: [{ text: "No" }],
  });
  assertEquals(losses, [
    "dropped: messages[0].name (gemini)",
    "changed: messages[1].refusal (sent as text)",
  ]);
});

Deno.test("encodeRequest() refuses content that its role can't have", () => {
  const image = { type: "image", data: "AA==" } as const;
  assertEquals(refused([user([call("a")])]), [400, "messages[0].content[0]"]);
  assertEquals(refused([user("Hi"), assistant([image])]), [
    400,
    "messages[1].content[0]",
  ]);
  assertEquals(refused([system([image]), user("Hi")]), [
    400,
    "messages[0].content[0]",
  ]);
});
