import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { failure, readCut, readText, send } from "./_test_http.ts";
import { TestUpstream } from "./_test_upstream.ts";
import { collectBody } from "./attempt.ts";
import type { ChaosFault } from "./chaos_fault.ts";
import {
  ChaosTransport,
  type ChaosTransportOptions,
} from "./chaos_transport.ts";
import { decodeErrorAnswer } from "./dialects/anthropic/errors.ts";
import { decodeErrorAnswer as decodeGoogleError } from "./dialects/gemini/errors.ts";
import { decodeChatError } from "./dialects/openai_chat/decode_error.ts";
import { classifyFailure } from "./failure_class.ts";
import { HttpClient } from "./http_client.ts";
import type { Transport, UpstreamBody } from "./upstream.ts";
import { until } from "../logging/_test_wait.ts";

const NOWHERE: Transport = {
  send: () => Promise.reject(new Error("It was asked")),
  close: () => {},
};

function inject(
  fault: Omit<ChaosFault, "probability">,
  options: Partial<ChaosTransportOptions> = {},
  inner: Transport = NOWHERE,
): ChaosTransport {
  return new ChaosTransport(inner, {
    fault: { ...fault, probability: 1 },
    ...options,
  });
}

/** A transport whose answers have this body, in these chunks. */
function answering(...chunks: string[]): Transport {
  const encoder = new TextEncoder();
  return {
    send: () =>
      Promise.resolve({
        status: 200,
        headers: { "content-type": "text/event-stream" },
        body: {
          async pump(take) {
            for (const chunk of chunks) await take(encoder.encode(chunk));
          },
          cancel() {},
        },
      }),
    close: () => {},
  };
}

async function cut(
  fault: Partial<ChaosFault>,
  ...chunks: string[]
): Promise<{ readonly text: string; readonly code: string }> {
  const transport = inject(
    { type: "cut_stream", ...fault },
    {},
    answering(...chunks),
  );
  return await readCut((await send(transport, "http://p/")).body);
}

Deno.test("ChaosTransport: an error is an answer that each dialect reads as its own", async () => {
  for (
    const status of [400, 401, 402, 403, 404, 413, 429, 500, 503, 504, 529]
  ) {
    const fault = { type: "error", status } as const;
    const chat = await send(inject(fault), "http://p/");
    const bytes = await collectBody(chat.body);
    const chatError = decodeChatError(chat.status, chat.headers, bytes);
    assertEquals(chat.status, status);

    const messages = await send(
      inject(fault, { dialect: "anthropic" }),
      "http://p/",
    );
    const text = JSON.parse(await readText(messages.body));
    assertEquals(text.type, "error");
    const { kind } = decodeErrorAnswer({
      status,
      headers: messages.headers,
      body: new TextEncoder().encode(JSON.stringify(text)),
    });

    const google = await send(
      inject(fault, { dialect: "gemini" }),
      "http://p/",
    );
    const googleError = decodeGoogleError({
      status,
      headers: google.headers,
      body: await collectBody(google.body),
    });
    assertEquals(googleError.kind, kind, `gemini ${status}`);
    // How the two dialects class a status is tested elsewhere: here, that they agree.
    if (status !== 504) assertEquals(kind, chatError.kind, String(status));
  }
  const { status } = await send(inject({ type: "error" }), "http://p/");
  assertEquals(status, 500);
});

Deno.test("K5: ChaosTransport answers a rate limit with 429 and whole seconds to wait", async () => {
  for (
    const [retryAfter, told] of [[7, "7"], [0.2, "1"], [
      undefined,
      "1",
    ]] as const
  ) {
    const transport = inject({ type: "rate_limit", retryAfter });
    const { status, headers, body } = await send(transport, "http://p/");
    assertEquals([status, headers["retry-after"]], [429, told]);
    const error = decodeChatError(status, headers, await collectBody(body));
    assertEquals([error.kind, error.code], [
      "rate_limit",
      "rate_limit_exceeded",
    ]);
    assertEquals(error.headers["retry-after"], told);
  }
});

Deno.test("ChaosTransport: a network failure is refused or reset, half and half, and counts as a fault", async () => {
  for (
    const [chance, code, connections] of [
      [0.49, "upstream_connect_failed", 0],
      [0.5, "upstream_reset", 1],
    ] as const
  ) {
    const transport = inject({ type: "network_failure" }, {
      random: () => chance,
    });
    let connected = 0;
    const error = await send(transport, "http://p/", {
      onConnected: () => connected++,
    }).catch((error) => error);
    assertEquals([error.code, connected], [code, connections]);
    assertEquals(classifyFailure(error), "fault");
  }
});

Deno.test("ChaosTransport: a timeout ends with the caller's signal, or after its own time", async () => {
  const clock = new AbortController();
  let connected = 0;
  const silent = send(inject({ type: "timeout" }), "http://p/", {
    signal: clock.signal,
    onConnected: () => connected++,
  });
  let settled = false;
  const watched = silent.catch((reason) => {
    settled = true;
    return reason;
  });
  await until(() => connected === 1);
  assert(!settled);
  clock.abort("the clock ended it");
  assertEquals(await watched, "the clock ended it");

  const own = send(inject({ type: "timeout", delayMs: 5 }), "http://p/");
  assertEquals(await failure(own), "headers_timeout");
});

Deno.test("ChaosTransport: a delay holds the request back, and ends with the caller's signal", async () => {
  await using upstream = await TestUpstream.start((it) => it.respond("late"));
  const client = new HttpClient();
  const transport = inject({ type: "delay", delayMs: 30 }, {}, client);
  const begin = performance.now();
  let connected = 0;
  const { body } = await send(transport, upstream.url(), {
    onConnected: () => connected++,
  });
  assertGreaterOrEqual(performance.now() - begin, 25);
  assertEquals([await readText(body), connected], ["late", 1]);

  const caller = new AbortController();
  const never = inject({ type: "delay", delayMs: 60_000 }, {}, client);
  const waiting = send(never, upstream.url(), { signal: caller.signal });
  caller.abort("gone");
  assertEquals(await waiting.catch((reason) => reason), "gone");
  assertEquals(upstream.requests.length, 1);
  transport.close();
  await until(() => upstream.open === 0);
});

Deno.test("ChaosTransport: a stream is cut after so many events, however it is chunked", async () => {
  const stream =
    ": hello\n\nevent: a\ndata: 1\n\n\n\ndata: 2\r\n\r\ndata: 3\n\ndata: 4\n\n";
  const two = ": hello\n\nevent: a\ndata: 1\n\n\n\ndata: 2\r\n\r\n";
  for (const size of [1, 2, 3, 7, 1000]) {
    const chunks = stream.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    const expected = { text: two, code: "upstream_body_cut" };
    assertEquals(await cut({ afterEvents: 2 }, ...chunks), expected, `${size}`);
  }
  const first = await cut({}, stream);
  assertEquals(first.text, ": hello\n\nevent: a\ndata: 1\n\n");
  const none = await cut({ afterEvents: 0 }, stream);
  assertEquals(none, { text: "", code: "upstream_body_cut" });
  const whole = await cut({ afterEvents: 5 }, stream);
  assertEquals(whole, { text: stream, code: "none" });
});

Deno.test("ChaosTransport: a body is cut after so many bytes", async () => {
  const chunks = ["abc", "", "defg", "h"];
  const text = async (afterBytes: number): Promise<string> =>
    (await cut({ afterBytes, afterEvents: 0 }, ...chunks)).text;
  assertEquals(await text(0), "");
  assertEquals(await text(1), "a");
  assertEquals(await text(3), "abc");
  assertEquals(await text(5), "abcde");
  assertEquals(await cut({ afterBytes: 9 }, ...chunks), {
    text: "abcdefgh",
    code: "none",
  });
});

Deno.test("ChaosTransport: a cut waits until the last chunk is taken, and closes the connection", async () => {
  await using upstream = await TestUpstream.start((it) =>
    it.write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\ndata: 1\n\ndata: 2")
  );
  const client = new HttpClient();
  const { body } = await send(
    inject({ type: "cut_stream" }, {}, client),
    upstream.url(),
  );
  const taken: string[] = [];
  const pumped = pumpSlowly(body, taken);
  assertEquals(await failure(pumped), "upstream_body_cut");
  assertEquals(taken, ["data: 1\n\n", "taken"]);
  await until(() => upstream.open === 0);
  client.close();
});

function pumpSlowly(body: UpstreamBody, taken: string[]): Promise<void> {
  return body.pump(async (chunk) => {
    taken.push(new TextDecoder().decode(chunk));
    await new Promise((resolve) => setTimeout(resolve, 5));
    taken.push("taken");
  });
}

Deno.test("ChaosTransport: cancelling a cut stream closes the connection", async () => {
  await using upstream = await TestUpstream.start((it) =>
    it.write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n")
  );
  const client = new HttpClient();
  const transport = inject({ type: "cut_stream", afterBytes: 5 }, {}, client);
  const { body } = await send(transport, upstream.url());
  body.cancel();
  await until(() => upstream.open === 0);
  client.close();
});

Deno.test("ChaosTransport: a signal that is aborted already ends every fault", async () => {
  const signal = AbortSignal.abort("gone");
  for (
    const type of [
      "delay",
      "error",
      "rate_limit",
      "timeout",
      "network_failure",
      "cut_stream",
    ] as const
  ) {
    const sent = send(inject({ type, delayMs: 1 }), "http://p/", { signal });
    assertEquals(await sent.catch((reason) => reason), "gone", type);
  }
});
