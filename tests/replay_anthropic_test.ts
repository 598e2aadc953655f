import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { loadRecordings } from "./_recordings.ts";
import { replayTests } from "./_replay.ts";
import { ofChatStream, ofCompletion, ofMessage } from "./_summary.ts";

const QUESTION = { role: "user" as const, content: "What's the weather?" };

replayTests({
  family: "Anthropic",
  recordings: await loadRecordings((url) =>
    url.startsWith("https://api.anthropic.com/v1/messages")
  ),
  provider: "name: claude, type: anthropic, api_key: replayed-key-0000",
  terminator: "event: message_stop",
  async expected(origin, { stream }) {
    // The SDK puts `/v1/messages` behind the script's name.
    const client = new Anthropic({
      baseURL: `${origin}/now`,
      apiKey: "unused",
      maxRetries: 0,
    });
    const ask = { model: "m", max_tokens: 16, messages: [QUESTION] };
    return ofMessage(
      stream
        ? await client.messages.stream(ask).finalMessage()
        : await client.messages.create(ask),
    );
  },
  async actual(url, { stream }) {
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: "unused",
      maxRetries: 0,
    });
    const ask = { model: "claude/m", messages: [QUESTION] };
    if (!stream) return ofCompletion(await client.chat.completions.create(ask));
    return ofChatStream(
      await client.chat.completions.create({
        ...ask,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
  },
  ask: () => ({ model: "claude/m", messages: [QUESTION] }),
});
