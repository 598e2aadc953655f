// X18: no name, id or path of a caller's leads out of a provider's base URL.
import { assert, assertEquals } from "@std/assert";
import { createServer } from "node:http";
import { startGateway } from "./_gateway.ts";

const KEY = "pth-client-Zu2Rq8TnVw4yBd6F";

/** Parts of paths that servers have taken for more than a name. */
const ODD = [
  "..",
  "../..",
  "../../admin/keys",
  "..%2f..%2fadmin",
  "%2e%2e/%2e%2e/admin",
  "%252e%252e%252fadmin",
  "..\\..\\admin",
  "..%5c..%5cadmin",
  "..;/..;/admin",
  "a/../../b",
  "a/b",
  "a%2fb",
  "/etc/passwd",
  "//other.example/x",
  "a?b=c",
  "a%3fb=c",
  "a#b",
  "a%23b",
  "a:cancel",
  "a%00b",
  "a%0d%0ax-injected: 1",
  "a b",
  ".",
  "%2e",
  "",
  "file-1/content/../../x",
] as const;

/** Listens, and notes targets as they stand on the wire. */
async function startUpstream(): Promise<{
  readonly origin: string;
  readonly targets: string[];
  readonly close: () => Promise<void>;
}> {
  const targets: string[] = [];
  const server = createServer((request, response) => {
    targets.push(request.url ?? "");
    if (request.headers["x-injected"] !== undefined) targets.push("injected");
    request.resume();
    response.writeHead(400, { "content-type": "application/json" });
    response.end('{"error":{"message":"No","code":"no"}}');
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("None");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    targets,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Sends a request whose target no URL parser has seen; gives the status. */
async function send(
  url: string,
  { method, target, body = "" }: {
    readonly method: string;
    readonly target: string;
    readonly body?: string;
  },
): Promise<number> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const bytes = new TextEncoder().encode(body);
  const head =
    `${method} ${target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${KEY}\r\nconnection: close\r\n` +
    `content-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  await connection.write(bytes);
  const text = await new Response(connection.readable).text();
  return Number(text.split(" ")[1]);
}

async function withUpstream(
  providers: (origin: string) => string,
  use: (url: string, targets: string[]) => Promise<void>,
): Promise<void> {
  const upstream = await startUpstream();
  const gateway = await startGateway(
    `providers:\n${
      providers(upstream.origin)
    }\nauth: {api_keys: [{name: a, key: ${KEY}}]}\n`,
  );
  try {
    await use(gateway.url, upstream.targets);
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

/** Whether a target stays below a base, however often a server undoes escapes. */
function staysBelow(target: string, base: string): boolean {
  let text = target.split(/[?#]/)[0] ?? "";
  for (let n = 0; n < 3; n++) {
    const parts = text.replaceAll("\\", "/").split("/")
      .map((it) => it.split(";")[0]);
    if (!text.startsWith(base) || parts.includes("..")) return false;
    text = text.replaceAll(
      /%([\da-f]{2})/gi,
      (_, hex) => String.fromCharCode(parseInt(hex, 16)),
    );
  }
  return true;
}

Deno.test("X18: ids of files and batches are single segments", async () => {
  await withUpstream(
    (origin) =>
      `  - {name: up, type: openai, api_key: key-of-the-gateway-0000, base_url: "${origin}/v1", max_retries: 0}`,
    async (url, targets) => {
      for (const kind of ["files", "batches"]) {
        for (const odd of ODD) {
          const escaped = odd.replaceAll(" ", "%20");
          for (
            const [method, target] of [
              ["GET", `/v1/${kind}/${escaped}`],
              ["GET", `/v1/${kind}/${encodeURIComponent(odd)}`],
              ["GET", `/v1/${kind}/up~${encodeURIComponent(odd)}`],
              ["GET", `/v1/files/${encodeURIComponent(odd)}/content`],
              ["POST", `/v1/batches/${encodeURIComponent(odd)}/cancel`],
              ["DELETE", `/v1/files/${encodeURIComponent(odd)}`],
              ["GET", `/v1/${kind}?after=${encodeURIComponent(odd)}`],
            ] as const
          ) {
            const status = await send(url, { method, target });
            assert(status < 500, `${method} ${target}: ${status}`);
          }
        }
        await send(url, {
          method: "POST",
          target: "/v1/batches",
          body: JSON.stringify({ input_file_id: "../../admin" }),
        });
      }
      for (const target of targets) {
        assert(/^\/v1\/(?:files|batches)(?:[?/]|$)/.test(target), target);
        assert(staysBelow(target, "/v1/"), target);
        const [path = ""] = target.split("?");
        assert(path.split("/").length <= 5, target);
      }
    },
  );
});

Deno.test("X18: a model that stands in a provider's path is a single segment there", async () => {
  await withUpstream(
    (origin) => `
  - {name: gem, type: gemini, api_key: key-of-the-gateway-0000, base_url: "${origin}/base/v1beta", max_retries: 0}
  - {name: az, type: azure_openai, api_key: key-of-the-gateway-0001, api_version: 2024-10-21, base_url: "${origin}/base", max_retries: 0}
  - {name: bed, type: bedrock, api_key: key-of-the-gateway-0002, aws: {region: eu-west-1}, base_url: "${origin}/base", max_retries: 0}`,
    async (url, targets) => {
      const messages = [{ role: "user", content: "hi" }];
      for (const odd of ODD) {
        for (const provider of ["gem", "az", "bed"]) {
          const model = `${provider}/${odd}`;
          for (
            const [target, body] of [
              ["/v1/chat/completions", { model, messages }],
              ["/v1/chat/completions", { model, messages, stream: true }],
              ["/v1/embeddings", { model, input: "hi" }],
              ["/v1/messages/count_tokens", { model, messages }],
              [
                `/v1beta/models/${encodeURIComponent(model)}:generateContent`,
                { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
              ],
            ] as const
          ) {
            const before = targets.length;
            const response = await fetch(url + target, {
              method: "POST",
              headers: { "content-type": "application/json", "x-api-key": KEY },
              body: JSON.stringify(body),
            });
            await response.body?.cancel();
            for (const sent of targets.slice(before)) {
              const at = `${target} ${model}: ${sent}`;
              assert(staysBelow(sent, "/base/"), at);
              const [path = ""] = sent.split("?");
              assert(!path.includes("//"), at);
              // What the model is made of adds none.
              assert(path.split("/").length <= 6, at);
            }
          }
        }
      }
      assert(targets.length > 0);
      assert(!targets.includes("injected"));
    },
  );
});

Deno.test("X18: what is looked up by an id here takes any id for one", async () => {
  await withUpstream(
    (origin) =>
      `  - {name: up, type: openai_compatible, base_url: "${origin}/v1", max_retries: 0}`,
    async (url, targets) => {
      for (const odd of ODD) {
        const id = encodeURIComponent(odd);
        for (
          const target of [
            `/v1/responses/${id}`,
            `/v1/responses/${id}/input_items`,
            `/v1/providers/${id}/models`,
            `/v1/providers/up/models/${id}`,
          ]
        ) {
          const status = await send(url, { method: "GET", target });
          assert(status < 500, `${target}: ${status}`);
        }
      }
      // The one thing that these ask is a list of models.
      assertEquals(
        targets.filter((it) => it !== "/v1/models"),
        [],
      );
    },
  );
});
