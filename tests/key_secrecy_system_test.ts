// X3: a thousand keys that were used, and where they must not be afterwards.
import { openStateStore } from "@llm-proxy/context";
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { KEY_PREFIX, KeyStore } from "../api/key_store.ts";
import { OtlpReceiver } from "../logging/_test_otlp_receiver.ts";
import { CanaryWatch } from "./_canaries.ts";
import { freePort, heapOf } from "./_heap.ts";
import { tell } from "./_measured.ts";
import { start } from "./_service.ts";

const KEYS = 1_000;
const ADMIN = "cfg-admin-Zu2Rq8TnVw4yBd6F";
/** How many of the last requests' heads a server may still hold, each on its connection. */
const MAX_HELD = 8;

const CONFIG = `
auth: {api_keys: [{name: boss, key: ${ADMIN}, role: admin}]}
server: {admin: {port: 0}}
logging: {level: debug, format: json, requests: {content: {keys: ["*"]}}}
ledger: {enabled: true}
budgets: [{name: all, per: all, limit: 1000, period: total, hard: false}]
rate_limit: {default: 100000/minute}
providers: [{type: mock, models: [{name: echo, prices: {input: 2, output: 8}}]}]
`;

/** Callers send their keys in all the ways that there are, some to places that refuse them. */
function asked(url: string, key: string, at: number): [string, RequestInit] {
  const headers = { "content-type": "application/json", connection: "close" };
  const chat = {
    model: at % 7 === 0 ? "mock/none" : "mock/echo",
    messages: [{ role: "user", content: "hi" }],
    stream: at % 3 === 0,
  };
  const gemini = { contents: [{ role: "user", parts: [{ text: "hi" }] }] };
  const post = { method: "POST" };
  switch (at % 6) {
    case 0:
      return [`${url}/v1beta/models/mock%2Fecho:generateContent?key=${key}`, {
        ...post,
        headers,
        body: JSON.stringify(gemini),
      }];
    case 1:
      return [`${url}/v1/messages`, {
        ...post,
        headers: { ...headers, "x-api-key": key },
        body: JSON.stringify({ ...chat, max_tokens: 5 }),
      }];
    case 2:
      return [`${url}/v1/usage`, { headers: { ...headers, "x-api-key": key } }];
    case 3:
      return [`${url}/v1/config/reload`, {
        ...post,
        headers: { ...headers, "x-goog-api-key": key },
      }];
    default:
      return [`${url}/v1/chat/completions`, {
        ...post,
        headers: {
          ...headers,
          authorization: `Bearer ${key}`,
          ...at % 5 === 0 && { "idempotency-key": `once-${at}` },
        },
        body: JSON.stringify(chat),
      }];
  }
}

Deno.test("X3: 1,000 keys that were used are in no log, answer, state file, metric, span, export, request log or heap", async () => {
  await using collector = OtlpReceiver.http();
  const directory = await Deno.makeTempDir();
  const state = `${directory}/state`;
  const config = `${directory}/config.yaml`;
  await Deno.writeTextFile(
    config,
    `${CONFIG}telemetry: {enabled: true, endpoint: "${collector.endpoint}", sample_ratio: 1}\n`,
  );
  const store = await openStateStore({ type: "file", directory: state }, {
    slowMs: 60_000,
  });
  const keys = new KeyStore(store);
  const secrets: string[] = [];
  while (secrets.length < KEYS) {
    const issued = await Promise.all(
      Array.from({ length: 50 }, (_, at) => keys.create({ name: `k${at}` })),
    );
    secrets.push(...issued.map(({ secret }) => secret));
  }
  await store.close();

  const watch = new CanaryWatch(
    secrets.map((value, at) => ({
      name: `k${at}`,
      value,
      heart: value.slice(KEY_PREFIX.length),
    })),
  );
  const leaks: string[] = [];
  let searched = 0;
  const look = (where: string, text: string): void => {
    searched += text.length;
    leaks.push(...watch.find(text).map((leak) => `${where}: ${leak}`));
  };

  const inspect = freePort();
  const service = await start(
    ["--config", config, "--state", state],
    {},
    { inspect },
  );
  const statuses = new Map<number, number>();
  for (let at = 0; at < secrets.length; at += 20) {
    await Promise.all(
      secrets.slice(at, at + 20).map(async (key, n) => {
        const response = await fetch(...asked(service.url, key, at + n));
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        look("an answer", await response.text());
        look("a head", JSON.stringify([...response.headers]));
      }),
    );
  }
  assertEquals(statuses.get(401), undefined);
  assertGreaterOrEqual(
    statuses.get(200) ?? 0,
    KEYS / 2,
    JSON.stringify([...statuses]),
  );
  assert((statuses.get(403) ?? 0) > 100 && (statuses.get(404) ?? 0) > 50);

  const admin = /http:\/\/[\d.]+:\d+/.exec(
    service.output().split("\n").find((it) => it.includes("admins are")) ?? "",
  )?.[0];
  const read = async (url: string): Promise<void> => {
    const response = await fetch(url, { headers: { "x-api-key": ADMIN } });
    assertEquals(response.status, 200, url);
    look(url, await response.text());
  };
  for (
    const path of [
      "/metrics",
      "/metrics/json",
      "/v1/requests?format=jsonl",
      "/v1/requests?format=csv",
      "/v1/usage?by=key",
      "/v1/usage/export",
      "/v1/usage/export?format=csv",
      "/v1/status",
      "/v1/config/status",
    ]
  ) await read(service.url + path);
  for (const path of ["keys", "audit", "budgets", "logs?limit=1000"]) {
    await read(`${admin}/admin/${path}`);
  }

  const heap = await heapOf(inspect);
  assert(heap.length > 5_000_000, `${heap.length} bytes`);
  const held = new Set(
    heap.match(new RegExp(`${KEY_PREFIX}[\\w-]{30,}`, "g")),
  );
  assertEquals(await service.stop(), 0);
  look("the output", service.output());
  for (const body of collector.bodies) {
    look("a span or a metric", new TextDecoder("latin1").decode(body));
  }
  let files = 0;
  for await (const { name, isFile } of Deno.readDir(state)) {
    if (!isFile) continue;
    files++;
    const bytes = await Deno.readFile(`${state}/${name}`);
    look(`file ${name}`, new TextDecoder("latin1").decode(bytes));
  }
  tell(
    "X3",
    `${searched} characters and ${files} files searched, ${collector.spans.length} spans, ${held.size} keys in a heap of ${heap.length} bytes`,
  );
  await Deno.remove(directory, { recursive: true });
  assertGreaterOrEqual(files, 1);
  assertGreaterOrEqual(collector.spans.length, KEYS / 4);
  assertEquals(leaks, []);
  assert(held.size <= MAX_HELD, `${held.size} keys are held`);
});
