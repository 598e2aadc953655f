import { createApp, parseConfig } from "@llm-proxy/api";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { onDenoServe, onNode, startGateway } from "./_gateway.ts";
import { FaultUpstream } from "./_fault_upstream.ts";
import { raw } from "./_faults.ts";
import { startPlainUpstream } from "./_plain_upstream.ts";
import { logLine, withMock } from "./_with_gateway.ts";

const KEY = "key-of-the-caller-0000";
const MIB = 1024 * 1024;

function config(origin: string): string {
  return `auth: {api_keys: [{name: me, key: ${KEY}}]}
providers:
  - {name: a, type: openai, api_key: key-of-provider-a, base_url: "${origin}/a/v1"}
  - {name: g, type: gemini, api_key: key-of-provider-g, base_url: "${origin}/g/v1"}
`;
}

const LISTENERS = [["node:http", onNode], ["Deno.serve", onDenoServe]] as const;

for (const [name, listening] of LISTENERS) {
  Deno.test(`K21, X9: a pass-through exchanges credentials and carries the rest, on ${name}`, async () => {
    await using upstream = startPlainUpstream(({ text }) =>
      new Response(`got ${text}`, {
        status: 418,
        headers: {
          "content-type": "text/x-odd",
          "x-more": "yes",
          "set-cookie": "a=b",
          "access-control-allow-origin": "*",
          "location": `${upstream.origin}/a/v1/things/2`,
        },
      })
    );
    const gateway = await startGateway(config(upstream.origin), listening);
    try {
      const response = await fetch(`${gateway.url}/p/a/things/1?x=1&y=%20`, {
        method: "PATCH",
        headers: {
          "x-api-key": KEY,
          "cookie": "c=d",
          "x-forwarded-for": "10.0.0.1",
          "x-own": "mine",
          "content-type": "text/plain",
        },
        body: "hello",
      });
      assertEquals(response.status, 418);
      assertEquals(await response.text(), "got hello");
      assertEquals(response.headers.get("content-type"), "text/x-odd");
      assertEquals(response.headers.get("x-more"), "yes");
      assertEquals(response.headers.get("location"), "/p/a/things/2");
      assertEquals(response.headers.get("content-security-policy"), "sandbox");
      for (const name of ["set-cookie", "access-control-allow-origin"]) {
        assertEquals(response.headers.get(name), null, name);
      }
      const [asked] = upstream.asked;
      assertEquals([asked?.method, asked?.path, asked?.text], [
        "PATCH",
        "/a/v1/things/1?x=1&y=%20",
        "hello",
      ]);
      assertEquals(
        asked?.headers.get("authorization"),
        "Bearer key-of-provider-a",
      );
      assertEquals(asked?.headers.get("x-own"), "mine");
      for (const name of ["x-api-key", "cookie", "x-forwarded-for"]) {
        assertEquals(asked?.headers.get(name), null, name);
      }
      const line = await logLine(gateway);
      assertEquals([line.route, line.status, line.provider, line.key], [
        "/p/:provider/*",
        418,
        "a",
        "me",
      ]);
    } finally {
      await gateway.close();
    }
  });
}

for (const [name, listening] of LISTENERS) {
  Deno.test(`K21: an answer of any status that has no body ends at once, on ${name}`, async () => {
    await using upstream = await FaultUpstream.start();
    const gateway = await startGateway(config(upstream.origin), listening);
    const cases = [
      ["204 No Content", "", 204],
      ["304 Not Modified", "", 304],
      ["205 Reset Content", "content-length: 0\r\n", 205],
      ["205 Reset Content", "content-length: 2\r\n\r\nhi", 205],
      ["599 Odd", "content-length: 0\r\n", 599],
      ["600 None", "content-length: 0\r\n", 502],
      ["999 None", "content-length: 2\r\n\r\nhi", 502],
    ] as const;
    try {
      for (const [start, rest, status] of cases) {
        const end = rest.includes("\r\n\r\n") ? "" : "\r\n";
        upstream.usual = raw(`HTTP/1.1 ${start}\r\n${rest}${end}`);
        const response = await fetch(`${gateway.url}/p/a/things/1`, {
          method: "DELETE",
          headers: { "x-api-key": KEY },
          signal: AbortSignal.timeout(5_000),
        });
        await response.arrayBuffer().catch(() => {});
        assertEquals(response.status, status, start);
        if (status !== 204 && status !== 304) continue;
        // RFC 9110, 8.6.
        assertEquals(response.headers.get("content-length"), null, start);
      }
    } finally {
      await gateway.close();
    }
  });
}

for (const [name, listening] of LISTENERS) {
  Deno.test(`K21: an answer to HEAD tells the length that its provider tells, on ${name}`, async () => {
    await using upstream = await FaultUpstream.start();
    const gateway = await startGateway(config(upstream.origin), listening);
    try {
      for (
        const [start, rest, length] of [
          ["200 OK", "content-length: 1234\r\n", "1234"],
          ["404 Not Found", "content-length: 7\r\n", "7"],
          ["200 OK", "", "0"],
          ["200 OK", "content-encoding: gzip\r\ncontent-length: 9\r\n", "0"],
        ] as const
      ) {
        upstream.usual = raw(`HTTP/1.1 ${start}\r\n${rest}\r\n`);
        const response = await fetch(`${gateway.url}/p/a/things/1`, {
          method: "HEAD",
          headers: { "x-api-key": KEY },
          signal: AbortSignal.timeout(5_000),
        });
        assertEquals(await response.text(), "");
        const told = response.headers.get("content-length") ?? "0";
        assertEquals([response.status, told], [
          Number(start.slice(0, 3)),
          length,
        ]);
      }
      // The connection is good for more.
      const models = await fetch(`${gateway.url}/health`);
      assertEquals(models.status, 200);
      await models.body?.cancel();
    } finally {
      await gateway.close();
    }
  });
}

Deno.test("X7: a pass-through leads to no other host and not up the path", async () => {
  await using upstream = startPlainUpstream(() => Response.json({}));
  const gateway = await startGateway(config(upstream.origin));
  const { port, hostname } = new URL(gateway.url);
  /** The status of a target that no client's URL parser has seen. */
  async function statusOf(target: string): Promise<number> {
    using conn = await Deno.connect({ hostname, port: Number(port) });
    const head = `GET ${target} HTTP/1.1\r\nhost: x\r\nx-api-key: ${KEY}\r\n` +
      "connection: close\r\n\r\n";
    await conn.write(new TextEncoder().encode(head));
    const bytes = new Uint8Array(64);
    const read = await conn.read(bytes) ?? 0;
    return Number(
      / (\d{3}) /.exec(new TextDecoder().decode(bytes.subarray(0, read)))?.[1],
    );
  }
  try {
    const targets = [
      "/p/a/../g/x",
      "/p/a/..",
      "/p/a/x/%2e%2e/%2e%2e/y",
      "/p/a/..%2f..%2fadmin%ff",
      "/p/a/%252e%252e%252fadmin",
      "/p/a/..;/admin",
      "/p/a//other.example/x",
      "/p/a/x%5c..%5cy",
      "/p/@other.example/x",
      "/p/none/x",
      "/p/a",
    ];
    for (const target of targets) {
      const status = await statusOf(target);
      assert(status === 400 || status === 404, `${target}: ${status}`);
    }
    assertEquals(upstream.asked.length, 0);
    assertEquals(await statusOf("/p/a/x..y/...z?../.."), 200);
    assertEquals(await statusOf(`/p/g/models?key=${KEY}&a=1`), 200);
    assertEquals(await statusOf(`/p/a/models?b&KEY=${KEY}`), 200);
    assertEquals(upstream.asked.map(({ path }) => path), [
      "/a/v1/x..y/...z?../..",
      "/g/v1/models?a=1",
      "/a/v1/models?b",
    ]);
  } finally {
    await gateway.close();
  }
});

Deno.test("L9: a large upload waits in its caller while the provider does not take it", async () => {
  const taken = Promise.withResolvers<void>();
  await using upstream = startPlainUpstream(
    () => Response.json({}),
    async (request) => {
      await taken.promise;
      let size = 0;
      for await (const chunk of request.body ?? []) size += chunk.byteLength;
      return Response.json({ size });
    },
  );
  const gateway = await startGateway(config(upstream.origin));
  try {
    let given = 0;
    let moved = performance.now();
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (given === 96 * MIB) return controller.close();
        given += MIB;
        moved = performance.now();
        controller.enqueue(new Uint8Array(MIB));
      },
    });
    const answered = fetch(`${gateway.url}/p/a/files`, {
      method: "POST",
      headers: { "x-api-key": KEY },
      body,
    });
    while (given === 0 || performance.now() - moved < 300) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert(given < 64 * MIB, `${given / MIB} MiB left the caller`);
    taken.resolve();
    assertEquals(await (await answered).json(), { size: 96 * MIB });
  } finally {
    taken.resolve();
    await gateway.close();
  }
});

Deno.test("L9: a large answer waits at the provider while its caller does not read", async () => {
  let given = 0;
  let moved = performance.now();
  await using upstream = startPlainUpstream(() =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          if (given === 60 * MIB) return controller.close();
          given += MIB;
          moved = performance.now();
          controller.enqueue(new Uint8Array(MIB));
        },
      }),
      { headers: { "content-type": "application/octet-stream" } },
    )
  );
  const gateway = await startGateway(config(upstream.origin));
  try {
    const response = await fetch(`${gateway.url}/p/a/big`, {
      headers: { "x-api-key": KEY },
    });
    while (performance.now() - moved < 300) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert(given < 50 * MIB, `${given / MIB} MiB left the provider`);
    assertEquals((await response.arrayBuffer()).byteLength, 60 * MIB);
  } finally {
    await gateway.close();
  }
});

Deno.test("L4: an answer that breaks off never looks whole", async () => {
  await using upstream = startPlainUpstream(() => {
    let sent = false;
    return new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent) return controller.error("cut");
          sent = true;
          controller.enqueue(new Uint8Array(1000));
        },
      }),
    );
  });
  for (const [, listening] of LISTENERS) {
    const gateway = await startGateway(config(upstream.origin), listening);
    try {
      const response = await fetch(`${gateway.url}/p/a/cut`, {
        headers: { "x-api-key": KEY },
      });
      const read = await response.arrayBuffer().then(
        () => "whole",
        () => "cut",
      );
      assertEquals(read, "cut");
      const line = await logLine(gateway);
      assertMatch(String(line.error), /^upstream_/);
    } finally {
      await gateway.close();
    }
  }
});

for (const [end, isTold] of [["\n\n", true], ["", false]] as const) {
  const what = isTold ? "after an error event" : "where an event is cut";
  Deno.test(`L4, L13: a stream of events that breaks off is cut ${what}`, async () => {
    await using upstream = startPlainUpstream(() => {
      let sent = false;
      return new Response(
        new ReadableStream<Uint8Array>({
          async pull(controller) {
            if (sent) {
              await new Promise((resolve) => setTimeout(resolve, 20));
              return controller.error("cut");
            }
            sent = true;
            const text = `data: {"n":1}\n\ndata: {"n":2}${end}`;
            controller.enqueue(new TextEncoder().encode(text));
          },
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    });
    const gateway = await startGateway(config(upstream.origin));
    try {
      const response = await fetch(`${gateway.url}/p/a/cut`, {
        headers: { "x-api-key": KEY },
      });
      let text = "";
      const decoder = new TextDecoder();
      const reading = async (): Promise<void> => {
        for await (const chunk of response.body!) text += decoder.decode(chunk);
      };
      assertEquals(await reading().then(() => "whole", () => "cut"), "cut");
      const told = `data: {"n":1}\n\ndata: {"n":2}${end}`;
      assert(text.startsWith(told), text);
      const last = /^event: error\ndata: (.*)\n\n$/.exec(
        text.slice(told.length),
      );
      assertEquals(last !== null, isTold, text);
      if (last === null) return;
      const { type, error } = JSON.parse(last[1]!);
      assertEquals([type, error.code], ["error", "upstream_body_cut"]);
    } finally {
      await gateway.close();
    }
  });
}

Deno.test("a pass-through reaches the mock with any method, in pieces, and counts tokens", async () => {
  await withMock(async (gateway) => {
    const response = await fetch(`${gateway.url}/p/mock/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "echo",
        stream: true,
        stream_options: { include_usage: true },
        messages: [{ role: "user", content: "ping 42" }],
      }),
    });
    assertEquals(
      response.headers.get("content-type"),
      "text/event-stream; charset=utf-8",
    );
    assertMatch(await response.text(), /data: \[DONE\]\n\n$/);
    const line = await logLine(gateway);
    assertEquals([line.input_tokens, line.output_tokens], [2, 2]);
    const models = await fetch(`${gateway.url}/p/mock/models`);
    assertEquals((await models.json()).object, "list");
    const head = await fetch(`${gateway.url}/p/mock/models`, {
      method: "HEAD",
    });
    assertEquals(head.status, 404);
  });
});

Deno.test("X9: the caller's own key goes to no provider, wherever the caller puts it", async () => {
  await using upstream = startPlainUpstream(() => Response.json({}));
  const gateway = await startGateway(config(upstream.origin));
  try {
    const places: Readonly<Record<string, string>> = {
      "x-custom": KEY,
      "x-more": `Token ${KEY}; v=1`,
      "api-key": KEY,
      "x-goog-api-key": KEY,
      "proxy-authorization": `Basic ${KEY}`,
      "x-amz-security-token": KEY,
      "openai-organization": KEY,
      "referer": `http://localhost/?key=${KEY}`,
    };
    const escaped = KEY.replaceAll("-", "%2D");
    const queries = [`?token=${KEY}&a=1`, `?a=1&x=${escaped}`, `?key=${KEY}`];
    for (const query of queries) {
      for (const authorization of [`Bearer ${KEY}`, "Bearer made-up"]) {
        const response = await fetch(`${gateway.url}/p/a/things${query}`, {
          headers: { authorization, "x-api-key": KEY, ...places, "x-own": "1" },
        });
        await response.body?.cancel();
        assertEquals(response.status, 200);
      }
    }
    assertEquals(upstream.asked.length, 6);
    for (const { path, headers } of upstream.asked) {
      const all = JSON.stringify([path, [...headers]]);
      assert(!all.includes(KEY) && !all.includes(escaped), all);
      assertEquals(headers.get("x-own"), "1");
      assert(path.endsWith("?a=1") || path.endsWith("/things"), path);
    }
  } finally {
    await gateway.close();
  }
});

Deno.test("K21: a body passes whose length no header tells, as where a program makes the request", async () => {
  await using upstream = startPlainUpstream(({ text }) =>
    new Response(`got ${text}`)
  );
  const parsed = parseConfig(config(upstream.origin), {
    file: "a.yaml",
    env: () => undefined,
  });
  assert(parsed.ok);
  const app = createApp(parsed.config);
  try {
    for (const method of ["POST", "PUT", "PATCH"]) {
      const headers = { "x-api-key": KEY };
      const response = await app.fetch(
        new Request("http://localhost/p/a/things", {
          method,
          headers,
          body: "this",
        }),
      );
      assertEquals(await response.text(), "got this");
    }
  } finally {
    await app.close();
  }
});
