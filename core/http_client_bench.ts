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

/** Starts the upstream on a thread of its own. */
async function upstream(): Promise<{ url: string; stop: () => void }> {
  const worker = new Worker(
    new URL("./_test_bench_server.ts", import.meta.url),
    { type: "module" },
  );
  const port = await new Promise<number>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => worker.terminate(),
  };
}

async function withClient(client: HttpClient, url: string): Promise<number> {
  const { signal } = new AbortController();
  const request = {
    method: "POST",
    url,
    headers: HEADERS,
    body: BODY,
  } as const;
  const { body } = await client.send(request, { signal });
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

for (
  const [group, path, parallel] of [
    ["a small answer, one at a time", "/chat", 1],
    ["a small answer, 16 at a time", "/chat", 16],
    ["a stream of 100 events, 4 at a time", "/stream", 4],
  ] as const
) {
  const ways: Record<string, (c: HttpClient, url: string) => Promise<number>> =
    {
      HttpClient: withClient,
      fetch: (_, url) => withFetch(url),
    };
  for (const [name, way] of Object.entries(ways)) {
    Deno.bench({
      name,
      group,
      baseline: name === "HttpClient",
      async fn(bench) {
        const { url, stop } = await upstream();
        const client = new HttpClient();
        const round = (calls: number): Promise<unknown> =>
          Promise.all(Array.from({ length: parallel }, async () => {
            for (let i = 0; i < calls; i++) await way(client, url + path);
          }));
        await round(20);
        bench.start();
        await round(10);
        bench.end();
        client.close();
        stop();
      },
    });
  }
}
