import Anthropic from "@anthropic-ai/sdk";

/** A tool of a loop. */
export interface LoopTool {
  readonly name: string;
  /** JSON Schema of the arguments. */
  readonly parameters: {
    readonly type: "object";
    readonly properties: Readonly<Record<string, object>>;
    readonly required: string[];
  };
  /** What it says. */
  run(args: Readonly<Record<string, unknown>>): string;
}

/** A loop, until the model has the last word. */
export interface Loop {
  readonly url: string;
  readonly model: string;
  readonly stream: boolean;
  readonly question: string;
  readonly tools: readonly LoopTool[];
}

/** What a tool of the loop says. */
export function runTool(
  tools: readonly LoopTool[],
  { name, args }: { readonly name: string; readonly args: unknown },
): string {
  const found = tools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`No tool ${name}`);
  return found.run(args as Readonly<Record<string, unknown>>);
}

/** Goes a loop with thought, giving back all it gets; the content of its last answer. */
export async function messagesLoop(
  { url, model, stream, question, tools }: Loop,
): Promise<Anthropic.ContentBlock[]> {
  const client = new Anthropic({
    baseURL: url,
    apiKey: "key-of-the-caller-0000",
    maxRetries: 0,
  });
  const messages: Anthropic.MessageParam[] = [
    { role: "user", content: question },
  ];
  for (let turn = 0; turn < 3; turn++) {
    const ask = {
      model,
      messages,
      max_tokens: 16_000,
      thinking: { type: "enabled" as const, budget_tokens: 2_000 },
      tools: tools.map(({ name, parameters }) => ({
        name,
        input_schema: parameters,
      })),
    };
    const { content, stop_reason: reason } = stream
      ? await client.messages.stream(ask).finalMessage()
      : await client.messages.create(ask);
    if (reason !== "tool_use") return content;
    messages.push({ role: "assistant", content });
    messages.push({
      role: "user",
      content: content.flatMap((block) =>
        block.type === "tool_use"
          ? [{
            type: "tool_result" as const,
            tool_use_id: block.id,
            content: runTool(tools, { name: block.name, args: block.input }),
          }]
          : []
      ),
    });
  }
  throw new Error("The loop does not end");
}

/** The words of an answer. */
export function textOf(content: readonly Anthropic.ContentBlock[]): string {
  return content.map((it) => it.type === "text" ? it.text : "").join("");
}
