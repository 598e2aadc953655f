/**
 * Requests as far as they must be alike whoever writes them: roles, words,
 * pictures, tools, results and schemas, but not what models made up.
 *
 * @module
 */

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

/** A request, reduced. Ids of calls are numbered; words and arguments of the model are left out. */
export interface RequestView {
  readonly system: readonly string[];
  /** Each with its role on the wire, and its pieces. */
  readonly turns: readonly (readonly [string, ...unknown[]])[];
  readonly tools: readonly unknown[];
  readonly choice: string;
  readonly schema: unknown;
  readonly limit: unknown;
}

/** Numbers the ids of calls in the order of the calls. */
export class Ids {
  readonly #ids: string[] = [];

  call(id: string): number {
    return this.#ids.push(id) - 1;
  }

  result(id: string): number {
    return this.#ids.indexOf(id);
  }
}

/** A schema as it is asked for where the model has no form of answers: in words. */
const IN_WORDS = /^Answer with one JSON object.* JSON Schema: (\{.*\})$/s;

/** What may stand alone, in a list, or not at all. */
export function list(value: Json): Json[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** A schema wherever it is asked for: in its place, in words, or as that of the one tool that must be called. */
function withSchema(
  view: RequestView & { readonly forced?: boolean },
): RequestView {
  const { forced, ...rest } = view;
  const system = view.system.filter((text) => !IN_WORDS.test(text));
  const words = view.system.map((text) => IN_WORDS.exec(text)?.[1]).find(
    Boolean,
  );
  const [tool] = view.tools as [[string, string, unknown]?];
  if (forced && tool) {
    const schema = withoutTitle(tool[2]);
    return { ...rest, tools: [], choice: "auto", schema };
  }
  return {
    ...rest,
    system,
    schema: withoutTitle(
      words === undefined ? view.schema : plain(JSON.parse(words)),
    ),
  };
}

/** What a form of answers is called and said to be stands in it, or beside it. */
function withoutTitle(schema: Json): unknown {
  if (schema === undefined) return undefined;
  const { description: _, ...rest } = schema;
  return rest;
}

/** Reduces a chat completion request. */
export function viewChat(body: Json): RequestView {
  const ids = new Ids();
  const { messages, response_format: format } = body;
  const isSystem = ({ role }: Json): boolean =>
    role === "system" || role === "developer";
  return withSchema({
    forced: typeof body.tool_choice === "object",
    system: messages.filter(isSystem).map(({ content }: Json) =>
      typeof content === "string" ? content : content[0].text
    ),
    turns: messages.filter((it: Json) => !isSystem(it)).map((message: Json) => {
      const { role, content, tool_call_id: id, tool_calls: calls } = message;
      if (role === "tool") return [role, ids.result(id), textOf(content)];
      if (role === "assistant") {
        return [
          role,
          ...list(calls).map((call) => [
            ids.call(call.id),
            call.function.name,
          ]),
        ];
      }
      const parts = typeof content === "string"
        ? [{ type: "text", text: content }]
        : content;
      return [role, ...parts.map(chatPart)];
    }),
    tools: list(body.tools).map(({ function: tool }: Json) =>
      toolView(tool.name, tool.description, tool.parameters)
    ),
    choice: choiceOf(body.tool_choice),
    schema: plain(format?.json_schema?.schema),
    limit: body.max_completion_tokens ?? body.max_tokens,
  });
}

function chatPart({ type, text, image_url: image }: Json): unknown {
  if (type === "text") return text;
  const [, mediaType, data] = /^data:(.*);base64,(.*)$/.exec(image.url) ?? [];
  return [mediaType, data];
}

/** Reduces a request to OpenAI's Responses. */
export function viewResponses(body: Json): RequestView {
  const ids = new Ids();
  const isSystem = ({ role }: Json): boolean =>
    role === "system" || role === "developer";
  const system = body.input.filter(isSystem).map(({ content }: Json) =>
    textOf(content)
  );
  return withSchema({
    forced: typeof body.tool_choice === "object",
    system: body.instructions ? [body.instructions, ...system] : system,
    turns: body.input.filter((it: Json) =>
      !isSystem(it) && it.type !== "reasoning" && it.role !== "assistant"
    ).map((item: Json) => {
      if (item.type === "function_call") {
        return ["call", ids.call(item.call_id), item.name];
      }
      if (item.type === "function_call_output") {
        return ["result", ids.result(item.call_id), textOf(item.output)];
      }
      const parts = typeof item.content === "string"
        ? [{ text: item.content }]
        : item.content;
      return [
        item.role,
        ...parts.map(({ text, image_url: url }: Json) =>
          text ?? chatPart({ image_url: { url } })
        ),
      ];
    }),
    tools: list(body.tools).map((tool) =>
      toolView(tool.name, tool.description, tool.parameters)
    ),
    choice: choiceOf(body.tool_choice),
    schema: plain(body.text?.format?.schema),
    limit: body.max_output_tokens,
  });
}

/** Reduces a request to Anthropic's Messages. */
export function viewMessages(body: Json): RequestView {
  const ids = new Ids();
  const { tool_choice: choice, output_config: config } = body;
  return withSchema({
    forced: choice?.type === "tool",
    system: typeof body.system === "string"
      ? [body.system]
      : list(body.system).map(({ text }) => text),
    turns: body.messages.map(({ role, content }: Json) => [
      role,
      ...(typeof content === "string"
        ? [{ type: "text", text: content }]
        : content).flatMap((block: Json) => messagesBlock(block, role, ids)),
    ]),
    tools: list(body.tools).map((tool) =>
      toolView(tool.name, tool.description, tool.input_schema)
    ),
    choice: choiceOf(choice?.type),
    schema: plain(config?.format?.schema),
    limit: body.max_tokens,
  });
}

function messagesBlock(block: Json, role: string, ids: Ids): unknown[] {
  switch (block.type) {
    case "tool_use":
      return [[ids.call(block.id), block.name]];
    case "tool_result":
      return [[ids.result(block.tool_use_id), textOf(block.content)]];
    case "image":
      return [[block.source.media_type, block.source.data]];
    case "text":
      return role === "assistant" ? [] : [block.text];
  }
  return [];
}

/** Reduces a request to Google's generateContent. */
export function viewGemini(body: Json): RequestView {
  const ids = new Ids();
  const { generationConfig: config = {}, toolConfig } = body;
  let calls = 0;
  let results = 0;
  return withSchema({
    forced: toolConfig?.functionCallingConfig?.allowedFunctionNames,
    system: list(body.systemInstruction?.parts).map(({ text }) => text),
    turns: body.contents.map(({ role, parts }: Json) => [
      role,
      ...parts.flatMap((part: Json) => {
        const { functionCall, functionResponse, inlineData, text } = part;
        if (functionCall) {
          return [[
            ids.call(functionCall.id ?? `${calls++}`),
            functionCall.name,
          ]];
        }
        if (functionResponse) {
          const { id = `${results++}`, name, response } = functionResponse;
          return [[ids.result(id), name, response]];
        }
        if (inlineData) return [[inlineData.mimeType, inlineData.data]];
        return role === "model" ? [] : [text];
      }),
    ]),
    tools: list(body.tools).flatMap((group) =>
      list(group.functionDeclarations).map((tool) =>
        toolView(
          tool.name,
          tool.description,
          tool.parametersJsonSchema ?? tool.parameters,
        )
      )
    ),
    choice: choiceOf(toolConfig?.functionCallingConfig?.mode?.toLowerCase()),
    schema: plain(config.responseJsonSchema ?? config.responseSchema),
    limit: config.maxOutputTokens,
  });
}

/** A tool: its name, its description and its schema, whoever wrote it. */
export function toolView(
  name: string,
  ...[description, schema]: [description: string, schema: Json]
): unknown {
  return [name, description, plain(schema)];
}

/** Nobody forces anything where nothing is said. */
function choiceOf(choice: unknown): string {
  return typeof choice === "string" ? choice : "auto";
}

/** A schema whoever wrote it: types in small letters, without the marks of strictness. */
export function plain(schema: Json): unknown {
  if (schema === undefined) return undefined;
  return JSON.parse(
    JSON.stringify(schema),
    (key, value) =>
      key === "additionalProperties"
        ? undefined
        : key === "type" && typeof value === "string"
        ? value.toLowerCase()
        : value,
  );
}

function textOf(content: Json): string {
  return typeof content === "string"
    ? content
    : content.map(({ text }: Json) => text).join("");
}
