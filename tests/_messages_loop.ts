import Anthropic from "@anthropic-ai/sdk";

/** A tool loop as Anthropic's SDK goes it. */
export interface MessagesLoop {
  /** The gateway's. */
  readonly url: string;
  readonly model: string;
  readonly stream: boolean;
  readonly question: string;
  /** What the tool `weather` says of a city. */
  look(city: string): string;
}

/** Goes a loop with thought, giving back all it gets; the content of its last answer. */
export async function messagesLoop(
  { url, model, stream, question, look }: MessagesLoop,
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
      tools: [{
        name: "weather",
        input_schema: {
          type: "object" as const,
          properties: { city: { type: "string" } },
          required: ["city"],
        },
      }],
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
            content: look((block.input as { readonly city: string }).city),
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
