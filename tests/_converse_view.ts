import {
  Ids,
  list,
  plain,
  type RequestView,
  toolView,
} from "./_request_views.ts";

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

/** Reduces a request to Amazon Bedrock's Converse. */
export function viewConverse(body: Json): RequestView {
  const ids = new Ids();
  const { tools, toolChoice } = body.toolConfig ?? {};
  const format = body.outputConfig?.textFormat?.structure?.jsonSchema?.schema;
  return {
    system: list(body.system).flatMap(({ text }) => text ?? []),
    turns: body.messages.map(({ role, content }: Json) => [
      role,
      ...content.flatMap((block: Json) => converseBlock(block, role, ids)),
    ]),
    tools: list(tools).flatMap(({ toolSpec: tool }: Json) =>
      tool ? [toolView(tool.name, tool.description, tool.inputSchema.json)] : []
    ),
    choice: Object.keys(toolChoice ?? { auto: {} })[0]!,
    schema: format && plain(JSON.parse(format)),
    limit: body.inferenceConfig?.maxTokens,
  };
}

function converseBlock(block: Json, role: string, ids: Ids): unknown[] {
  const { text, image, toolUse: call, toolResult: result } = block;
  if (call) return [[ids.call(call.toolUseId), call.name]];
  if (result) {
    const said = result.content.map(({ text, json }: Json) =>
      text ?? JSON.stringify(json)
    );
    return [[ids.result(result.toolUseId), said.join("")]];
  }
  if (image) return [[`image/${image.format}`, image.source.bytes]];
  return text === undefined || role === "assistant" ? [] : [text];
}
