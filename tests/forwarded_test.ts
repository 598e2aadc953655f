// Who a caller is: its key and its connection, whatever its headers say.
import { assert, assertEquals } from "@std/assert";
import { type Asked, startAnsweringUpstream } from "./_answering_upstream.ts";
import { completion } from "./_chat_answers.ts";
import { startGateway } from "./_gateway.ts";

const KEY = "fwd-client-Zu2Rq8TnVw4yBd6F";
const BODY = '{"model":"up/m","messages":[{"role":"user","content":"hi"}]}';
const ALLOWED = 5;

/** Ways to name another address: proxies' headers, each with one that changes. */
const FORWARDED: readonly ((n: number) => string)[] = [
  (n) => `x-forwarded-for: 198.51.100.${n}`,
  (n) => `x-forwarded-for: 198.51.100.${n}, 127.0.0.1`,
  (n) => `X-Forwarded-For: 127.0.0.1\r\nx-forwarded-for: 10.0.0.${n}`,
  (n) => `forwarded: for=198.51.100.${n};proto=https`,
  (n) => `x-real-ip: 198.51.100.${n}`,
  (n) => `cf-connecting-ip: 198.51.100.${n}\r\ntrue-client-ip: 10.0.0.${n}`,
  (n) => `x-client-ip: 10.0.0.${n}\r\nx-cluster-client-ip: 10.0.0.${n}`,
  (n) => `via: 1.1 proxy-${n}\r\nuser-agent: agent-${n}`,
];
/** Ways to bring the same key. */
const BROUGHT: readonly string[] = [
  `authorization: Bearer ${KEY}`,
  `Authorization: bearer ${KEY}`,
  `AUTHORIZATION: BEARER  ${KEY} `,
  `x-api-key: ${KEY}`,
  `X-API-Key:   ${KEY}`,
  `x-goog-api-key: ${KEY}`,
  `x-api-key: ${KEY}\r\nauthorization: Bearer ${KEY}`,
];
/** Ways to write the same path, or one that is none. */
const PATHS: readonly string[] = [
  "/v1/chat/completions",
  "/v1/chat/completions?a=1",
  "/v1/chat/completions?",
  "/v1/chat/completions#x",
  "/v1/chat/completions/",
  "//v1/chat/completions",
  "/v1//chat/completions",
  "/v1/./chat/completions",
  "/v1/x/../chat/completions",
  "/v1/chat%2fcompletions",
  "/v1/ch%61t/completions",
  "/V1/Chat/Completions",
  "/v1/chat/completions;a=1",
  "http://localhost/v1/chat/completions",
];

/** Sends a request on a connection of its own; gives the status. */
async function send(url: string, path: string, lines: string): Promise<number> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const text =
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `content-length: ${BODY.length}\r\nconnection: close\r\n${lines}\r\n\r\n${BODY}`;
  await connection.write(new TextEncoder().encode(text));
  const [head = ""] = (await new Response(connection.readable).text()).split(
    "\r\n",
  );
  return Number(head.split(" ")[1]);
}

/** What comes of each of these, one after the other: how many there are of each status. */
async function sendAll(
  url: string,
  requests: readonly (readonly [path: string, lines: string])[],
): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const [path, lines] of requests) {
    const status = await send(url, path, lines);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

function answer({ body }: Asked): Response {
  assertEquals(body.messages.length, 1);
  return completion({ content: "Hi." });
}

async function withLimits(
  config: string,
  use: (url: string, asked: () => number) => Promise<void>,
): Promise<void> {
  const upstream = startAnsweringUpstream(answer);
  const gateway = await startGateway(
    `providers: [{name: up, type: openai_compatible, base_url: "${upstream.origin}/v1"}]\n${config}`,
  );
  try {
    await use(gateway.url, () => upstream.asked.length);
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

Deno.test("X15: a key has one limit, however it is brought, whatever headers say and however the path is written", async () => {
  const config =
    `auth: {api_keys: [{name: a, key: ${KEY}, limits: [${ALLOWED}/hour]}]}`;
  await withLimits(config, async (url, asked) => {
    const requests = [
      ...FORWARDED.map((header, n) =>
        [PATHS[0] ?? "", `${BROUGHT[0]}\r\n${header(n)}`] as const
      ),
      ...BROUGHT.map((key) => [PATHS[0] ?? "", key] as const),
      ...PATHS.map((path, n) =>
        [path, `${BROUGHT[0]}\r\n${FORWARDED[0]?.(n)}`] as const
      ),
    ];
    const counts = await sendAll(url, requests);
    assertEquals(counts[200], ALLOWED);
    assertEquals(asked(), ALLOWED);
    assert((counts[429] ?? 0) >= FORWARDED.length + BROUGHT.length - ALLOWED);
    const others = Object.keys(counts).filter((it) =>
      !["200", "429", "400", "404", "421"].includes(it)
    );
    assertEquals(others, []);
  });
});

Deno.test("X15: a route has one limit for all who come without a key, whatever address they name", async () => {
  const config =
    `rate_limit: {routes: {"/v1/chat/completions": "${ALLOWED}/hour"}}`;
  await withLimits(config, async (url, asked) => {
    const requests = [
      ...FORWARDED.map((header, n) => [PATHS[0] ?? "", header(n)] as const),
      ...PATHS.map((path, n) => [path, FORWARDED[0]?.(n) ?? ""] as const),
    ];
    assertEquals((await sendAll(url, requests))[200], ALLOWED);
    assertEquals(asked(), ALLOWED);
  });
});

Deno.test("X15: a key's addresses are those of connections, and no header names one", async () => {
  const config =
    `auth: {api_keys: [{name: a, key: ${KEY}, ips: [198.51.100.0/24, 10.0.0.0/8]}]}`;
  await withLimits(config, async (url, asked) => {
    const requests = FORWARDED.map((header, n) =>
      [PATHS[0] ?? "", `${BROUGHT[0]}\r\n${header(n + 1)}`] as const
    );
    assertEquals(await sendAll(url, requests), { 403: FORWARDED.length });
    assertEquals(asked(), 0);
  });
});
