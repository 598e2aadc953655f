import Anthropic from "@anthropic-ai/sdk";
import { loadRecordings } from "./_recordings.ts";
import { replayTests } from "./_replay.ts";
import { ofMessage, type Summary } from "./_summary.ts";

const QUESTION = { role: "user" as const, content: "What's the weather?" };

/** What Anthropic's SDK reads at an address. */
async function read(
  baseURL: string,
  { model, stream }: { readonly model: string; readonly stream: boolean },
): Promise<Summary> {
  const { messages } = new Anthropic({
    baseURL,
    apiKey: "unused",
    authToken: null,
    maxRetries: 0,
  });
  const ask = { model, max_tokens: 16, messages: [QUESTION] };
  return ofMessage(
    stream
      ? await messages.stream(ask).finalMessage()
      : await messages.create(ask),
  );
}

replayTests({
  family: "Messages",
  recordings: await loadRecordings((url) =>
    url.startsWith("https://api.anthropic.com/v1/messages")
  ),
  provider: "name: claude, type: anthropic, api_key: replayed-key-0000",
  path: "/v1/messages",
  terminator: "event: message_stop",
  // The SDK puts `/v1/messages` behind the script's name.
  expected: (origin, { stream }) =>
    read(`${origin}/now`, { model: "m", stream }),
  actual: (url, { stream }) => read(url, { model: "claude/m", stream }),
  ask: () => ({ model: "claude/m", max_tokens: 16, messages: [QUESTION] }),
});
