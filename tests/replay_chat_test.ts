import OpenAI from "openai";
import { loadRecordings, type Recording } from "./_recordings.ts";
import { replayTests } from "./_replay.ts";
import { ofChatStream, ofCompletion, type Summary } from "./_summary.ts";

replayTests({
  family: "chat",
  recordings: await loadRecordings((url) => url.endsWith("/chat/completions")),
  provider: "name: replay, type: openai_compatible",
  terminator: "data: [DONE]",
  expected: (origin, recording) => decode(`${origin}/now`, recording, "m"),
  actual: (url, recording) => decode(`${url}/v1`, recording, "replay/m"),
  ask: ({ request }) => ({ ...request, model: "replay/m" }),
});

/** Decodes an answer with the `openai` SDK. */
async function decode(
  baseURL: string,
  { request, stream }: Recording,
  model: string,
): Promise<Summary> {
  const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
  const body = {
    ...request,
    model,
  } as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
  if (!stream) {
    return ofCompletion(
      await client.chat.completions.create({ ...body, stream: false }),
    );
  }
  return ofChatStream(
    await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
}
