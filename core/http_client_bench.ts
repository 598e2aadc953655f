import { HttpClient } from "./http_client.ts";

const BODY = JSON.stringify({
  model: "m",
  messages: [{ role: "user", content: "hello ".repeat(100) }],
});
const HEADERS = {
  "accept-encoding": "identity",
  "authorization": `Bearer ${"k".repeat(40)}`,
  "content-type": "application/json",
};

/** The upstream, on a thread of its own until the process ends. */
const SERVER = new Worker(
  new URL("./_test_bench_server.ts", import.meta.url),
  { type: "module" },
);
const PORT = await new Promise<number>((resolve) => {
  SERVER.onmessage = ({ data }) => resolve(data);
});
const CLIENT = new HttpClient();

async function withClient(url: string): Promise<number> {
  const { signal } = new AbortController();
  const request = {
    method: "POST",
    url,
    headers: HEADERS,
    body: BODY,
  } as const;
  const { body } = await CLIENT.send(request, { signal });
  let bytes = 0;
  await body.pump((chunk) => {
    bytes += chunk.length;
  });
  return bytes;
}

async function withFetch(url: string): Promise<number> {
  const { signal } = new AbortController();
  const response = await fetch(url, {
    method: "POST",
    headers: HEADERS,
    body: BODY,
    redirect: "manual",
    signal,
  });
  let bytes = 0;
  for await (const chunk of response.body!) bytes += chunk.length;
  return bytes;
}

const WAYS: Record<string, (url: string) => Promise<number>> = {
  HttpClient: withClient,
  fetch: withFetch,
};

for (
  const [group, path, parallel] of [
    ["a small answer, one at a time", "/chat", 1],
    ["a small answer, 16 at a time", "/chat", 16],
    ["a stream of 100 events, 4 at a time", "/stream", 4],
  ] as const
) {
  for (const [name, way] of Object.entries(WAYS)) {
    Deno.bench({
      name,
      group,
      baseline: name === "HttpClient",
      async fn() {
        const url = `http://127.0.0.1:${PORT}${path}`;
        await Promise.all(Array.from({ length: parallel }, () => way(url)));
      },
    });
  }
}
