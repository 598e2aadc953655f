import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { startGateway } from "./_gateway.ts";
import { CHAT, says, SPEAKERS } from "./_speakers.ts";
import { withGateway, withMock } from "./_with_gateway.ts";

function sdk(url: string, apiKey = "key-of-the-caller-0000"): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

const ECHO = { model: "mock/echo" };

Deno.test("B16, B17: a response is gone on with by its id, whole and streamed", async () => {
  const turns = [{ text: "one" }, { text: "two" }, { text: "three" }];
  for (const speaker of [CHAT, ...SPEAKERS.filter((it) => it !== CHAT)]) {
    await withGateway(
      { answer: says(speaker, ...turns), provider: speaker.entry },
      async ({ url, upstream }) => {
        const { responses } = sdk(url);
        const ask = { model: speaker.model, instructions: "Be brief" };
        const first = await responses.create({ ...ask, input: "What?" });
        assertEquals(Reflect.get(first, "store"), true);
        const second = await responses.stream({
          ...ask,
          input: [{ role: "user", content: "And?" }],
          previous_response_id: first.id,
          stream: true,
        }).finalResponse();
        assertEquals(second.previous_response_id, first.id);
        const third = await responses.create({
          model: speaker.model,
          input: "Then?",
          previous_response_id: second.id,
        });
        assertEquals(third.output_text, "three");
        assertEquals(third.previous_response_id, second.id);
        const asked = JSON.stringify(upstream.asked.at(-1)?.body);
        const places = ["What?", "one", "And?", "two", "Then?"].map((text) =>
          asked.indexOf(`"${text}"`)
        );
        assert(!places.includes(-1), `${speaker.name}: ${asked}`);
        assertEquals(places, places.toSorted((a, b) => a - b));
        assert(!asked.includes("Be brief"), "instructions are not inherited");
      },
    );
  }
});

Deno.test("B16: the input items of a response are those of all that it goes on with, page by page", () =>
  withGateway({
    answer: says(CHAT, { text: "one" }, { text: "two" }, { text: "three" }),
    provider: CHAT.entry,
  }, async ({ url }) => {
    const { responses } = sdk(url);
    let previous: string | undefined;
    for (const input of ["What?", "And?", "Then?"]) {
      const { id } = await responses.create({
        model: CHAT.model,
        input,
        ...(previous !== undefined && { previous_response_id: previous }),
      });
      previous = id;
    }
    const said = [];
    const ids = new Set<unknown>();
    const pages = responses.inputItems.list(previous!, {
      order: "asc",
      limit: 2,
    });
    for await (const item of pages) {
      ids.add(item.id);
      said.push(JSON.stringify(item).match(/"text":"(.*?)"/)?.[1]);
    }
    assertEquals(said, ["What?", "one", "And?", "two", "Then?"]);
    assertEquals(ids.size, 5);
    const latest = await responses.inputItems.list(previous!, { limit: 1 });
    assertMatch(JSON.stringify(latest.data), /Then\?/);
    assertEquals(latest.has_more, true);
  }));

Deno.test("B17: tool calls are answered in a request that goes on", async () => {
  const call = { id: "call_1", name: "weather", input: { city: "Rome" } };
  await withGateway({
    answer: says(CHAT, { calls: [call] }, { text: "warm" }),
    provider: CHAT.entry,
  }, async ({ url, upstream }) => {
    const { responses } = sdk(url);
    const tools: OpenAI.Responses.FunctionTool[] = [{
      type: "function",
      name: "weather",
      strict: false,
      parameters: { type: "object", properties: {} },
    }];
    const first = await responses.create({
      model: CHAT.model,
      input: "How warm?",
      tools,
    });
    const second = await responses.create({
      model: CHAT.model,
      previous_response_id: first.id,
      input: [{
        type: "function_call_output",
        call_id: "call_1",
        output: "28",
      }],
      tools,
    });
    assertEquals(second.output_text, "warm");
    const { messages } = upstream.asked[1]?.body ?? {};
    assertEquals(
      messages.map(({ role }: { role: string }) => role),
      ["user", "assistant", "tool"],
    );
  });
});

Deno.test("a response is read, listed and deleted; store: false keeps nothing", async () => {
  await withMock(async ({ url }) => {
    const { responses } = sdk(url);
    const made = await responses.create({ ...ECHO, input: "ping 42" });
    const read = await responses.retrieve(made.id);
    assertEquals([read.id, read.output_text], [made.id, "ping 42"]);
    const items = await responses.inputItems.list(made.id);
    assertEquals(
      items.data.map((item) => Reflect.get(item, "content")),
      [[{ type: "input_text", text: "ping 42" }]],
    );
    assertMatch(String(items.data[0]?.id), /^item_/);
    await assertRejects(
      () => responses.cancel(made.id),
      OpenAI.BadRequestError,
      "background",
    );
    await responses.delete(made.id);
    await assertRejects(
      () => responses.retrieve(made.id),
      OpenAI.NotFoundError,
    );
    const gone = await assertRejects(
      () =>
        responses.create({
          ...ECHO,
          input: "x",
          previous_response_id: made.id,
        }),
      OpenAI.BadRequestError,
    );
    assertEquals([gone.code, gone.param], [
      "previous_response_not_found",
      "previous_response_id",
    ]);
    const unkept = await responses.create({
      ...ECHO,
      input: "ping",
      store: false,
    });
    assertEquals(Reflect.get(unkept, "store"), false);
    await assertRejects(
      () => responses.retrieve(unkept.id),
      OpenAI.NotFoundError,
    );
  });
});

Deno.test("a response is its caller's alone", async () => {
  const gateway = await startGateway(`auth:
  api_keys: [{name: a, key: key-of-caller-a-0000}, {name: b, key: key-of-caller-b-0000}]
providers: [{type: mock}]
`);
  try {
    const [a, b] = ["a", "b"].map((name) =>
      sdk(gateway.url, `key-of-caller-${name}-0000`).responses
    );
    const made = await a?.create({ ...ECHO, input: "ping", store: true });
    const id = made?.id ?? "";
    assertEquals((await a?.retrieve(id))?.id, id);
    await assertRejects(
      async () => await b?.retrieve(id),
      OpenAI.NotFoundError,
    );
    await assertRejects(async () => await b?.delete(id), OpenAI.NotFoundError);
    await assertRejects(
      async () =>
        await b?.create({ ...ECHO, input: "x", previous_response_id: id }),
      OpenAI.BadRequestError,
    );
  } finally {
    await gateway.close();
  }
});

Deno.test("a failed response is not kept, and input tokens are counted", async () => {
  await withMock(async ({ url }) => {
    const { responses } = sdk(url);
    await assertRejects(
      () => responses.create({ model: "mock/error-418", input: "x" }),
      OpenAI.APIError,
    );
    const count = await responses.inputTokens.count({
      ...ECHO,
      input: "one two three four",
    });
    assertEquals(count.object, "response.input_tokens");
    assert(count.input_tokens > 2 && count.input_tokens < 30);
  });
});
