import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import {
  type AnsweringUpstream,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";

const ASK = {
  model: "az/m",
  messages: [{ role: "user" as const, content: "Hi" }],
};
const COMPLETION = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{
    index: 0,
    message: { role: "assistant", content: "Hi" },
    finish_reason: "stop",
  }],
};

/** What Azure and the service that gives tokens do. */
interface Service {
  /** Tokens `t1`, `t2`, … are given while this is so. */
  gives: boolean;
  /** The token that is taken. */
  takes: string;
}

async function withEntra(
  run: (
    gateway: TestGateway,
    upstream: AnsweringUpstream,
    service: Service,
  ) => Promise<void>,
): Promise<void> {
  const service: Service = { gives: true, takes: "t1" };
  let tokens = 0;
  const tokenServer = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.text();
      return service.gives
        ? json({ access_token: `t${++tokens}`, expires_in: 3600 })
        : json({ error: "invalid_client" }, { status: 401 });
    },
  );
  const upstream = startAnsweringUpstream(({ headers }) =>
    headers.authorization === `Bearer ${service.takes}`
      ? json(COMPLETION)
      : json({ error: { code: "401", message: "Expired" } }, { status: 401 })
  );
  const authority = `http://127.0.0.1:${tokenServer.addr.port}`;
  const entra =
    `{tenant_id: t, client_id: c, client_secret: ent-Qw9Er8Ty, authority: "${authority}"}`;
  const gateway = await startGateway(
    `providers: [{name: az, type: azure_openai, max_retries: 0, base_url: "${upstream.origin}/openai/v1", entra: ${entra}}]`,
  );
  try {
    await run(gateway, upstream, service);
  } finally {
    await gateway.close();
    await upstream.close();
    await tokenServer.shutdown();
  }
}

function ask({ url }: TestGateway): Promise<OpenAI.ChatCompletion> {
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "unused",
    maxRetries: 0,
  });
  return client.chat.completions.create(ASK);
}

Deno.test("F1: a token is fetched once for all requests and sent instead of a key", () =>
  withEntra(async (gateway, upstream) => {
    await Promise.all(Array.from({ length: 8 }, () => ask(gateway)));
    assertEquals(
      upstream.asked.map(({ headers }) => headers.authorization),
      new Array(8).fill("Bearer t1"),
    );
    assert(upstream.asked.every(({ headers }) => !("api-key" in headers)));
  }));

Deno.test("E24, F1: a token that is refused is fetched anew, and the request asked once more", () =>
  withEntra(async (gateway, upstream, service) => {
    await ask(gateway);
    service.takes = "t2";
    await ask(gateway);
    assertEquals(
      upstream.asked.map(({ headers }) => headers.authorization),
      ["Bearer t1", "Bearer t1", "Bearer t2"],
    );
  }));

Deno.test("F1, K3: a token that is not to be had is a failure of the gateway's credentials, and no secret is told", () =>
  withEntra(async (gateway, upstream, service) => {
    service.gives = false;
    const error = await assertRejects(() => ask(gateway), OpenAI.APIError);
    assertEquals(error.code, "upstream_token_failed");
    assertEquals(upstream.asked.length, 0);
    const told = error.message + gateway.lines.join();
    assert(!told.includes("ent-Qw9Er8Ty"), told);
    assert(told.includes("could not obtain a token"), told);
  }));
