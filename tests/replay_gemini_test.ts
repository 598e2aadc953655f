import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { loadRecordings } from "./_recordings.ts";
import { replayTests } from "./_replay.ts";
import { ofChatStream, ofCompletion, ofGenerated } from "./_summary.ts";

const QUESTION = { role: "user" as const, content: "What's the weather?" };

replayTests({
  family: "Gemini",
  // Vertex AI's form of it included: the gateway's upstream is told by its dialect.
  recordings: (await loadRecordings((url) =>
    /googleapis\.com\/.*:(?:stream)?generateContent/i.test(url)
  )).filter(({ status }) =>
    status === 200
  ),
  provider: "name: gemini, type: gemini, api_key: replayed-key-0000",
  terminator: '"finishReason"',
  async expected(origin, { stream }) {
    // The SDK puts `/v1beta/models/…` behind the script's name.
    const client = new GoogleGenAI({
      apiKey: "unused",
      httpOptions: { baseUrl: `${origin}/now` },
    });
    const ask = { model: "m", contents: QUESTION.content };
    return ofGenerated(
      stream
        ? await Array.fromAsync(await client.models.generateContentStream(ask))
        : [await client.models.generateContent(ask)],
    );
  },
  async actual(url, { stream }) {
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: "unused",
      maxRetries: 0,
    });
    const ask = { model: "gemini/m", messages: [QUESTION] };
    if (!stream) return ofCompletion(await client.chat.completions.create(ask));
    return ofChatStream(
      await client.chat.completions.create({
        ...ask,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
  },
  ask: () => ({ model: "gemini/m", messages: [QUESTION] }),
});
