import { ChatPassStream } from "./pass_stream.ts";

const head =
  `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","system_fingerprint":"fp","choices":[{"index":0,"delta":`;
const tail = `,"logprobs":null,"finish_reason":null}],"usage":null}`;

function stream(delta: string): () => void {
  const start = `${head}{"role":"assistant","content":""}${tail}`;
  const events = [start, ...Array(98).fill(`${head}${delta}${tail}`)]
    .map((data: string) => ({ event: "", data }));
  const last = head + "{}" + tail.replace("null}]", '"stop"}]');
  return () => {
    const pass = new ChatPassStream({ includeUsage: true });
    for (const event of events) pass.push(event);
    pass.push({ event: "", data: last });
    pass.push({ event: "", data: "[DONE]" });
  };
}

const text = `{"content":" hello"}`;
const parsed = `${head}${text}${tail}`;

Deno.bench(
  "JSON.parse of 100 events",
  { group: "pass", baseline: true },
  () => {
    for (let i = 0; i < 100; i++) JSON.parse(parsed);
  },
);

Deno.bench("100 events as they are", { group: "pass" }, stream(text));

Deno.bench(
  "100 events with a repeated role",
  { group: "pass" },
  stream(`{"role":"assistant","content":" hello"}`),
);

Deno.bench(
  "100 fragments of a tool call",
  { group: "pass" },
  stream(`{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}`),
);
