import {
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseCommandOutput,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { bedrockSdk } from "../core/_test_aws.ts";
import type { Summary } from "./_summary.ts";

const decoder = new TextDecoder();
const MODEL = { modelId: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" };
const ASK: ConverseCommandInput = {
  ...MODEL,
  messages: [{ role: "user", content: [{ text: "Hi" }] }],
};
const FINISH = new Map<string | undefined, string>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["tool_use", "tool_calls"],
  ["guardrail_intervened", "content_filter"],
]);

/** The events of the Messages API that Amazon's client reads from InvokeModel. */
export async function invokedEvents(
  origin: string,
): Promise<Record<string, unknown>[]> {
  const client = bedrockSdk(origin);
  try {
    const { body = [] } = await client.send(
      new InvokeModelWithResponseStreamCommand({ ...MODEL, body: "{}" }),
    );
    const events: Record<string, unknown>[] = [];
    for await (const { chunk } of body) {
      events.push(JSON.parse(decoder.decode(chunk?.bytes)));
    }
    return events;
  } finally {
    client.destroy();
  }
}

/** The message that Amazon's client reads from InvokeModel. */
export async function invoked(origin: string): Promise<unknown> {
  const client = bedrockSdk(origin);
  try {
    const { body } = await client.send(
      new InvokeModelCommand({ ...MODEL, body: "{}" }),
    );
    return JSON.parse(decoder.decode(body));
  } finally {
    client.destroy();
  }
}

/** What Amazon's client reads from Converse, in the terms of a chat client. */
export async function conversed(
  origin: string,
  stream: boolean,
): Promise<Summary> {
  const client = bedrockSdk(origin);
  try {
    if (!stream) return ofConverse(await client.send(new ConverseCommand(ASK)));
    const { stream: events = [] } = await client.send(
      new ConverseStreamCommand(ASK),
    );
    const blocks: {
      text: string;
      thought: string;
      call?: string;
      input: string;
    }[] = [];
    let stopReason: string | undefined;
    let usage: ConverseCommandOutput["usage"];
    for await (const event of events) {
      const index = event.contentBlockStart?.contentBlockIndex ??
        event.contentBlockDelta?.contentBlockIndex ?? 0;
      const block = blocks[index] ??= { text: "", thought: "", input: "" };
      const name = event.contentBlockStart?.start?.toolUse?.name;
      if (name !== undefined) block.call = name;
      const { delta } = event.contentBlockDelta ?? {};
      block.text += delta?.text ?? "";
      block.thought += delta?.reasoningContent?.text ?? "";
      block.input += delta?.toolUse?.input ?? "";
      stopReason = event.messageStop?.stopReason ?? stopReason;
      usage = event.metadata?.usage ?? usage;
    }
    return {
      text: blocks.map(({ text }) => text).join(""),
      reasoning: blocks.map(({ thought }) => thought).join(""),
      toolCalls: blocks.flatMap(({ call: name, input }) =>
        name === undefined
          ? []
          : [{ name, arguments: JSON.parse(input || "{}") }]
      ),
      finish: FINISH.get(stopReason) ?? "?",
      usage: ofUsage(usage),
    };
  } finally {
    client.destroy();
  }
}

function ofConverse(
  { output, stopReason, usage }: ConverseCommandOutput,
): Summary {
  const content = output?.message?.content ?? [];
  return {
    text: content.map(({ text = "" }) => text).join(""),
    reasoning: content.map((block) =>
      block.reasoningContent?.reasoningText?.text ?? ""
    ).join(""),
    toolCalls: content.flatMap(({ toolUse }) =>
      toolUse === undefined
        ? []
        : [{ name: toolUse.name ?? "", arguments: toolUse.input }]
    ),
    finish: FINISH.get(stopReason) ?? "?",
    usage: ofUsage(usage),
  };
}

function ofUsage(usage: ConverseCommandOutput["usage"]): Summary["usage"] {
  if (usage === undefined) return undefined;
  const cached = usage.cacheReadInputTokens ?? 0;
  return {
    input: (usage.inputTokens ?? 0) + cached +
      (usage.cacheWriteInputTokens ?? 0),
    cached,
    output: usage.outputTokens ?? 0,
  };
}
