import { assert, assertEquals } from "@std/assert";
import { eventStream, startAnsweringUpstream } from "./_answering_upstream.ts";
import { chunk, completion } from "./_chat_answers.ts";
import { start } from "./_service.ts";

/** The rows that a gateway exports. */
async function rowsOf(
  url: string,
): Promise<{ id: string; state: string; cost_microdollars: number }[]> {
  const text = await (await fetch(`${url}/v1/usage/export`)).text();
  return text.trimEnd().split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

Deno.test("A2: a service that is killed in the middle has a row for every answer that it delivered, and its successor tells of it", async () => {
  async function* endless(): AsyncGenerator<string> {
    yield chunk({ content: "one" });
    await new Promise(() => {});
  }
  const upstream = startAnsweringUpstream(({ body }) =>
    body.stream ? eventStream(endless()) : completion({ content: "hi" })
  );
  const directory = await Deno.makeTempDir();
  const file = `${directory}/config.yaml`;
  await Deno.writeTextFile(
    file,
    `budgets: [{name: all, per: all, limit: 100, period: total}]
providers:
  - name: up
    type: openai_compatible
    base_url: "${upstream.origin}/v1"
    models: [{name: m, prices: {input: 2, output: 8}}]
`,
  );
  const args = ["--config", file, "--state", `${directory}/state`];
  const delivered = new Set<string>();
  for (let round = 0; round < 2; round++) {
    const service = await start(args);
    const ask = async (stream: boolean): Promise<void> => {
      const response = await fetch(`${service.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "up/m",
          max_tokens: 100,
          stream,
          messages: [{ role: "user", content: "hi" }],
        }),
      });
      delivered.add(response.headers.get("x-request-id") ?? "");
      // What is cut off is no failure here.
      await response.text().catch(() => {});
    };
    const streams = [ask(true), ask(true)];
    for (let n = 0; n < 5; n++) {
      await Promise.all(Array.from({ length: 8 }, () => ask(false)));
    }
    while (delivered.size < 42 * (round + 1)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    service.signal("SIGKILL");
    await service.ended;
    await Promise.all(streams);
  }
  const service = await start(args);
  const deadline = performance.now() + 30_000;
  let rows = await rowsOf(service.url);
  while (rows.length < delivered.size && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    rows = await rowsOf(service.url);
  }
  const ids = new Set(rows.map(({ id }) => id));
  assertEquals([...delivered].filter((id) => !ids.has(id)), []);
  assertEquals(ids.size, rows.length);
  const unknown = rows.filter(({ state }) => state === "unknown");
  // The streams at least; rows that were on their way may be settled.
  assert(unknown.length >= 4, String(unknown.length));
  // At their reserve: 100 tokens at 8, and each byte of the request at 2.
  assert(unknown.every(({ cost_microdollars: cost }) => cost > 800));
  const usage = await (await fetch(`${service.url}/v1/usage`)).json();
  assertEquals(usage.data[0].requests, rows.length);
  assertEquals(await service.stop(), 0);
  await upstream.close();
  await Deno.remove(directory, { recursive: true });
});
