// The streaming contract over raw sockets: a scripted provider, the gateway as
// it listens, a client that sees every byte and when it came.
import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { startGateway } from "./_gateway.ts";
import { ask, type RawAnswer, RawClient } from "./_raw_client.ts";
import { contentOf, errorOf, eventsOf, Rig, soon } from "./_rig.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { CHAT_PIECES, DIALECTS, type WirePieces } from "./_wire_pieces.ts";

/** Clocks that are told apart by how long they take. */
const CLOCKS = "http_client: {connect_timeout: 0.25, header_timeout: 0.5, " +
  "first_token_timeout: 0.75, idle_timeout: 0.6, total_timeout: 2.5}\n";
/** How much later than its limit a clock may be noticed where the machine is busy, in ms. */
const SLACK = 10_000;

/** What a script and its dialect lead to. */
interface Case {
  readonly name: string;
  readonly script: (wire: WirePieces) => UpstreamScript;
  readonly check: (answer: RawAnswer, ms: number) => void;
  /** The provider's body came to its end: its connection may be kept. */
  readonly kept?: boolean;
}

/** Runs every case against both dialects, all at once. */
async function runCases(rig: Rig, cases: readonly Case[]): Promise<void> {
  const runs = DIALECTS.flatMap((wire) =>
    cases.map(async ({ name, script, check, kept }) => {
      const model = `${wire.provider}-${name}`;
      rig.upstream.on(model, script(wire));
      const client = await rig.send(ask(`${wire.provider}/${model}`));
      const start = performance.now();
      const [answer] = await client.answers(1);
      assert(answer, `${model}: closed without an answer`);
      const ms = performance.now() - start;
      try {
        check(answer, ms);
        if (errorOf(answer.body) === undefined) return;
        if (answer.status === 200) await soon(client.closed, "the end");
        const call = await rig.upstream.call(model);
        if (!kept) await soon(call.left, "leaving the provider");
      } catch (cause) {
        throw new Error(`${model}: ${JSON.stringify(answer)}`, { cause });
      }
    })
  );
  await Promise.all(runs);
}

/** A plain error, before anything of a stream was sent. */
function isError(answer: RawAnswer, status: number, code: string): void {
  assertEquals(answer.status, status);
  assertEquals(answer.headers.get("content-type"), "application/json");
  const error = errorOf(answer.body);
  assertEquals(error?.code, code);
  assertEquals(error?.request_id, answer.headers.get("x-request-id"));
}

/** A stream that has begun and ends in an error: no finish, no terminator. */
function isBroken(answer: RawAnswer, content: string, code: string): void {
  assertEquals(answer.status, 200);
  assert(answer.complete);
  assertEquals(contentOf(answer.body), content);
  assertEquals(errorOf(answer.body)?.code, code);
  assert(!answer.body.includes("[DONE]"));
  assert(!/"finish_reason":\s*"/.test(answer.body));
}

function isWithin(ms: number, limit: number): void {
  assert(ms >= limit - 5 && ms < limit + SLACK, `${ms} ms, not ${limit}`);
}

Deno.test("U3, U4, U5: each clock of an attempt ends it with its own code, before and after the commit point", async () => {
  await using rig = await Rig.start({ config: CLOCKS });
  await runCases(rig, [
    {
      name: "accepts-and-says-nothing",
      script: () => (call) => call.silence(),
      check: (answer, ms) => {
        isError(answer, 504, "headers_timeout");
        isWithin(ms, 500);
      },
    },
    {
      name: "headers-and-nothing-else",
      script: () => async (call) => {
        await call.wait(300);
        await call.answer();
        await call.silence();
      },
      check: (answer, ms) => {
        isError(answer, 504, "content_timeout");
        isWithin(ms, 1050);
      },
    },
    {
      name: "roles-and-empty-deltas-for-ever",
      script: (wire) => async (call) => {
        await call.answer();
        await call.write(wire.start);
        await call.repeat(wire.empty, 40);
      },
      check: (answer, ms) => {
        isError(answer, 504, "content_timeout");
        isWithin(ms, 750);
      },
    },
    {
      name: "pings-for-ever",
      script: (wire) => async (call) => {
        await call.answer();
        await call.repeat(wire.ping, 40);
      },
      check: (answer) => isError(answer, 504, "content_timeout"),
    },
    {
      name: "stalls",
      script: (wire) => async (call) => {
        await call.answer();
        await call.write(wire.start + wire.text("a"));
        await call.silence();
      },
      check: (answer, ms) => {
        isBroken(answer, "a", "idle_timeout");
        isWithin(ms, 600);
      },
    },
    {
      name: "stalls-behind-pings",
      script: (wire) => async (call) => {
        await call.answer();
        await call.write(wire.start + wire.text("a"));
        await call.repeat(wire.ping + wire.empty, 40);
      },
      check: (answer, ms) => {
        isBroken(answer, "a", "idle_timeout");
        isWithin(ms, 750);
      },
    },
    {
      name: "never-ends",
      script: (wire) => async (call) => {
        await call.answer();
        await call.write(wire.start);
        await call.repeat(wire.text("a"), 100);
      },
      check: (answer, ms) => {
        isBroken(answer, contentOf(answer.body), "total_timeout");
        isWithin(ms, 2500);
      },
    },
    {
      name: "long-pauses-with-content",
      script: (wire) => async (call) => {
        await call.wait(200);
        await call.answer();
        await call.write(wire.start);
        await call.wait(400);
        for (const piece of ["a", "b"]) {
          await call.write(wire.text(piece) + wire.ping);
          await call.wait(300);
        }
        await call.write(wire.finish);
        await call.end();
      },
      check: (answer) => {
        assertEquals(contentOf(answer.body), "ab");
        assertEquals(eventsOf(answer.body).at(-1), "[DONE]");
      },
    },
  ]);
});

Deno.test("U3: total_timeout and the provider's own timeout bound an answer that is not streamed", async () => {
  await using rig = await Rig.start({ provider: "timeout: 0.4" });
  await Promise.all(DIALECTS.map(async ({ provider, whole }) => {
    rig.upstream.on(`${provider}-silent`, (call) => call.silence());
    rig.upstream.on(`${provider}-half`, async (call) => {
      const type = "application/json";
      await call.answer({ type, framing: "length", length: whole.length });
      await call.write(whole.slice(0, 20));
      await call.silence();
    });
    for (const name of ["silent", "half"]) {
      const start = performance.now();
      const model = `${provider}/${provider}-${name}`;
      const answer = await rig.answer(ask(model, { stream: false }));
      isError(answer, 504, "total_timeout");
      isWithin(performance.now() - start, 400);
    }
  }));
});

Deno.test("U2: a provider that accepts and never shakes hands is given up by the connect clock", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const base = `https://127.0.0.1:${silent.addr.port}`;
  const gateway = await startGateway(
    `${CLOCKS}providers: [{name: up, type: openai_compatible, base_url: "${base}"}]\n`,
  );
  const accepted = silent.accept();
  try {
    for (const stream of [true, false]) {
      const start = performance.now();
      const [answer] = await RawClient.exchange(
        gateway.url,
        ask("up/m", { stream }),
        { answers: 1 },
      );
      assert(answer);
      isError(answer, 504, "connect_timeout");
      isWithin(performance.now() - start, 250);
    }
  } finally {
    await gateway.close();
    silent.close();
    (await accepted).close();
  }
});

Deno.test("L5, U11: nothing is sent before the first useful event", async () => {
  await using rig = await Rig.start();
  await Promise.all(DIALECTS.map(async (wire) => {
    const model = `${wire.provider}-late`;
    const go = Promise.withResolvers<void>();
    rig.upstream.on(model, async (call) => {
      await call.answer();
      await call.write(wire.ping + wire.start + wire.empty + wire.ping);
      await go.promise;
      await call.write(wire.text("now"));
      await call.write(wire.finish);
      await call.end();
    });
    const client = await rig.send(ask(`${wire.provider}/${model}`));
    await rig.upstream.call(model);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assertEquals(client.text, "", "a byte came before any content");
    go.resolve();
    const [answer] = await client.answers();
    assertEquals(contentOf(answer?.body ?? ""), "now");
  }));
});

Deno.test("L5, U11: an error as the first frame is a plain error with its own status", async () => {
  await using rig = await Rig.start();
  const code = { oa: "upstream_overloaded", an: "overloaded_error" };
  const scripts: Record<string, (wire: WirePieces) => UpstreamScript> = {
    "first-frame": (wire) => async (call) => {
      await call.answer();
      await call.write(wire.error);
      await call.silence();
    },
    "after-role-and-pings": (wire) => async (call) => {
      await call.answer();
      await call.write(wire.ping + wire.start + wire.empty);
      await call.wait(50);
      await call.write(wire.error);
      await call.end();
    },
    "json-labelled-as-stream": (wire) => async (call) => {
      await call.answer();
      await call.write(wire.error.replace(/^(event: \w+\n)?data: /, "").trim());
      await call.end();
    },
  };
  await Promise.all(
    DIALECTS.flatMap((wire) =>
      Object.entries(scripts).map(async ([name, script]) => {
        const model = `${wire.provider}-${name}`;
        rig.upstream.on(model, script(wire));
        const answer = await rig.answer(ask(`${wire.provider}/${model}`));
        isError(answer, 503, code[wire.provider]);
        const line = await rig.line(model);
        assertEquals([line.status, line.error], [503, code[wire.provider]]);
      })
    ),
  );
});

Deno.test("U10, U11: what is no answer, whatever its label, is 502 and never relayed", async () => {
  await using rig = await Rig.start();
  const html = "<!doctype html><html><body>Sign in first</body></html>";
  const bodies: Record<string, readonly [type: string, body: string]> = {
    html: ["text/html", html],
    "html-as-stream": ["text/event-stream", html],
    octets: ["application/octet-stream", "\x00\x01\x02\x03".repeat(100)],
    empty: ["text/event-stream", ""],
    null: ["application/json", "null"],
    list: ["application/json", "[]"],
    object: ["application/json", "{}"],
    number: ["text/event-stream", "42"],
    done: ["text/event-stream", "data: [DONE]\n\n"],
    "no-json": ["text/event-stream", "data: {\n\n"],
    "event-null": ["text/event-stream", "data: null\n\n"],
    "no-choices": [
      "text/event-stream",
      `data: {"choices":[]}\n\ndata: [DONE]\n\n`,
    ],
  };
  await Promise.all(
    DIALECTS.flatMap(({ provider }) =>
      Object.entries(bodies).flatMap(([name, [type, body]]) =>
        [true, false].map(async (stream) => {
          const model = `${provider}-${name}-${stream}`;
          rig.upstream.on(model, async (call) => {
            await call.answer({ type });
            await call.write(body);
            await call.end();
          });
          const answer = await rig.answer(
            ask(`${provider}/${model}`, { stream }),
          );
          assertEquals(answer.status, 502, model);
          assert(errorOf(answer.body), model);
          assert(!answer.body.includes("Sign in"), model);
        })
      )
    ),
  );
});

Deno.test("U10: a good stream is taken as one under any label", async () => {
  await using rig = await Rig.start();
  const types = ["application/json", "text/html", "application/octet-stream"];
  await Promise.all(DIALECTS.flatMap((wire) =>
    types.map(async (type) => {
      const model = `${wire.provider}-${type}`;
      rig.upstream.on(model, async (call) => {
        await call.answer({ type });
        await call.write(wire.start + wire.text("good") + wire.finish);
        await call.end();
      });
      const { body } = await rig.answer(ask(`${wire.provider}/${model}`));
      assertEquals(contentOf(body), "good", model);
      assertEquals(eventsOf(body).at(-1), "[DONE]", model);
    })
  ));
});

/** Ways in which a stream can fail after its first content. */
const BREAKS: Readonly<
  Record<string, {
    readonly code?: string;
    readonly script: Case["script"];
    readonly kept?: true;
  }>
> = {
  "error-event": {
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("half"));
      await call.write(wire.error);
      await call.silence();
    },
  },
  reset: {
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("half"));
      await call.wait(50);
      call.reset();
    },
  },
  "cut-in-a-chunk": {
    code: "upstream_body_cut",
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("half"));
      await call.raw("400\r\ndata: {");
      call.cut();
    },
  },
  "cut-between-chunks": {
    code: "upstream_body_cut",
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("half"));
      call.cut();
    },
  },
  "cut-of-length": {
    code: "upstream_body_cut",
    script: (wire) => async (call) => {
      await call.answer({ framing: "length", length: 100_000 });
      await call.write(wire.start + wire.text("half"));
      call.cut();
    },
  },
  "cut-of-closed": {
    code: "upstream_stream_truncated",
    script: (wire) => async (call) => {
      await call.answer({ framing: "close" });
      await call.write(wire.start + wire.text("half"));
      call.cut();
    },
  },
  "clean-end-without-terminator": {
    code: "upstream_stream_truncated",
    kept: true,
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("half"));
      await call.end();
    },
  },
  garbage: {
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(`${wire.start + wire.text("half")}data: {"a\n\n`);
      await call.silence();
    },
  },
  "bad-framing": {
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("half"));
      await call.wait(50);
      await call.raw("zz\r\nnonsense");
      await call.silence();
    },
  },
};

Deno.test("L4: a failure after the commit point ends in an error event, and the connection ends", async () => {
  await using rig = await Rig.start();
  await runCases(
    rig,
    Object.entries(BREAKS).map((
      [name, { code, script, kept = false }],
    ): Case => ({
      name,
      script,
      kept,
      check: (answer) =>
        isBroken(
          answer,
          "half",
          code ?? String(errorOf(answer.body)?.code),
        ),
    })),
  );
  for (const { provider } of DIALECTS) {
    const line = await rig.line(`${provider}-error-event`);
    assertEquals(line.status, 200);
    assert(String(line.error).includes("overloaded"));
  }
});

Deno.test("L4: the openai SDK throws on every failure after the commit point", async () => {
  await using rig = await Rig.start();
  const client = new OpenAI({
    baseURL: `${rig.url}/v1`,
    apiKey: "unused",
    maxRetries: 0,
  });
  await Promise.all(
    DIALECTS.flatMap((wire) =>
      Object.entries(BREAKS).map(async ([name, { script }]) => {
        const model = `${wire.provider}-${name}`;
        rig.upstream.on(model, script(wire));
        let content = "";
        await assertRejects(
          async () => {
            const stream = await client.chat.completions.create({
              model: `${wire.provider}/${model}`,
              messages: [{ role: "user", content: "hi" }],
              stream: true,
            });
            for await (const { choices } of stream) {
              content += choices[0]?.delta.content ?? "";
            }
          },
          OpenAI.APIError,
          undefined,
          model,
        );
        assertEquals(content, "half", model);
      })
    ),
  );
});

Deno.test("L10: every event is with the client before the next is sent", async () => {
  await using rig = await Rig.start();
  await Promise.all(DIALECTS.map(async (wire) => {
    const model = `${wire.provider}-paced`;
    const client = await rig.connect();
    rig.upstream.on(model, async (call) => {
      await call.answer();
      await call.write(wire.start);
      for (let i = 0; i < 20; i++) {
        await call.write(wire.text(`<${i}>`));
        await client.until(`<${i}>`);
      }
      await call.write(wire.finish);
      await call.end();
    });
    await client.send(ask(`${wire.provider}/${model}`));
    const [answer] = await client.answers();
    assertEquals(eventsOf(answer?.body ?? "").at(-1), "[DONE]");
  }));
});

Deno.test("L11: a stream has the headers of one, and none of the provider's", async () => {
  await using rig = await Rig.start();
  rig.upstream.on("m", async (call) => {
    await call.raw(
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n" +
        "transfer-encoding: chunked\r\nset-cookie: a=b\r\nserver: provider\r\n" +
        "x-request-id: theirs\r\nx-ratelimit-remaining: 7\r\n" +
        "access-control-allow-origin: *\r\n\r\n",
    );
    await call.write(
      CHAT_PIECES.start + CHAT_PIECES.text("a") + CHAT_PIECES.finish,
    );
    await call.end();
  });
  const { status, headers } = await rig.answer(ask("oa/m"));
  assertEquals(status, 200);
  const ours = Object.fromEntries(headers);
  assertEquals(ours["content-type"], "text/event-stream");
  assertEquals(ours["cache-control"], "no-cache, no-store");
  assertEquals(ours["x-content-type-options"], "nosniff");
  assertEquals(ours["x-llm-proxy-upstream-request-id"], "theirs");
  assertEquals(ours["x-ratelimit-remaining"], "7");
  assert(ours["x-request-id"]?.startsWith("req_"));
  for (
    const name of [
      "content-length",
      "content-encoding",
      "set-cookie",
      "server",
      "access-control-allow-origin",
    ]
  ) assertEquals(ours[name], undefined, name);
});

Deno.test("A1: a provider that ends its stream and keeps its connection open delays nobody", async () => {
  await using rig = await Rig.start();
  await Promise.all(DIALECTS.map(async (wire) => {
    const model = `${wire.provider}-lingers`;
    rig.upstream.on(model, async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("all") + wire.finish);
      await call.repeat(wire.ping, 20);
    });
    const client = await rig.send(ask(`${wire.provider}/${model}`));
    const call = await rig.upstream.call(model);
    let left = false;
    void call.left.then(() => left = true);
    // Neither the end nor its log line waits until the provider is left.
    const [answer] = await client.answers();
    const body = answer?.body ?? "";
    assertEquals(contentOf(body), "all");
    assertEquals(body.indexOf("data: [DONE]\n\n"), body.length - 14);
    await rig.line(model);
    assert(!left, "the end came late");
    await soon(call.left, "leaving the provider");
    // The client's own connection is as good as before.
    await client.send(ask(`${wire.provider}/${model}`));
    await client.answers(2);
  }));
});

/** A repeatable source of numbers from 0 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Ways to write the same stream (M1–M8, M12). */
const SPELLINGS: Readonly<Record<string, (stream: string) => string>> = {
  lf: (stream) => stream,
  crlf: (stream) => stream.replaceAll("\n", "\r\n"),
  cr: (stream) => stream.replaceAll("\n", "\r"),
  mixed: (stream) => {
    const next = random(1);
    let last = "";
    return stream.replaceAll(/\n/g, () => {
      // CR and then LF would be one line end, not two.
      const ends = last === "\r" ? ["\r", "\r\n"] : ["\n", "\r", "\r\n"];
      last = ends[Math.floor(next() * ends.length)] ?? "\n";
      return last;
    });
  },
  bom: (stream) => `\ufeff${stream}`,
  "no-space": (stream) => stream.replaceAll("data: ", "data:"),
  comments: (stream) => `: hi\n\n${stream.replaceAll("\n\n", "\n: c\n\n:\n")}`,
  "unknown-fields": (stream) =>
    `retry: 10\n${
      stream.replaceAll("data: ", "id: 1\0\nfoo: bar\nbaz\ndata: ")
    }`,
  "no-final-blank-line": (stream) => stream.trimEnd(),
  "data-in-several-lines": (stream) =>
    stream.replaceAll(',"', ',\ndata: "').replaceAll('{"', '{\ndata:"'),
};

Deno.test("M1, M2, M3, M4, M5, M6, M7, M8, M12: the same events, however they are spelt and cut", async () => {
  await using rig = await Rig.start();
  const text = 'plain, héllo, 漢字, 🐎👩‍👩‍👧, \u2028 and \\ " quotes \n line';
  await Promise.all(
    DIALECTS.flatMap((wire) =>
      Object.entries(SPELLINGS).flatMap(([name, spell], i) => {
        const stream = new TextEncoder().encode(
          spell(wire.start + wire.text(text) + wire.text("end") + wire.finish),
        );
        return ["bytes", "random", "whole"].map(async (cuts, j) => {
          const model = `${wire.provider}-${name}-${cuts}`;
          const next = random(i * 3 + j);
          rig.upstream.on(model, async (call) => {
            await call.answer();
            for (let at = 0; at < stream.length;) {
              const size = { bytes: 1, whole: Infinity }[cuts] ??
                1 + Math.floor(next() ** 3 * 200);
              await call.write(stream.subarray(at, at + size));
              at += size;
            }
            await call.end();
          });
          const answer = await rig.answer(ask(`${wire.provider}/${model}`));
          assertEquals(answer.status, 200, model + answer.body);
          assertEquals(contentOf(answer.body), text + "end", model);
          assertEquals(eventsOf(answer.body).at(-1), "[DONE]", model);
          assert(!/[\r\ufeff]/.test(answer.body), model);
        });
      })
    ),
  );
});

Deno.test("M11: an event of a megabyte comes through whole, in small pieces and at once", async () => {
  await using rig = await Rig.start();
  const text = "漢é🐎x".repeat(100_000);
  await Promise.all(
    DIALECTS.flatMap((wire) =>
      [7_001, Infinity].map(async (size) => {
        const model = `${wire.provider}-big-${size}`;
        const stream = new TextEncoder().encode(
          wire.start + wire.text(text) + wire.finish,
        );
        rig.upstream.on(model, async (call) => {
          await call.answer();
          for (let at = 0; at < stream.length; at += size) {
            await call.write(stream.subarray(at, at + size));
          }
          await call.end();
        });
        const { body } = await rig.answer(ask(`${wire.provider}/${model}`));
        assert(contentOf(body) === text, `${model}: not the same`);
        assertEquals(eventsOf(body).at(-1), "[DONE]");
      })
    ),
  );
});

Deno.test("U12: an event over the cap is refused, before and after the commit point, and held by nobody", async () => {
  await using rig = await Rig.start();
  await Promise.all(
    DIALECTS.flatMap((wire) =>
      ["", wire.start + wire.text("a")].map(async (before) => {
        const model = `${wire.provider}-flood-${before.length}`;
        rig.upstream.on(model, async (call) => {
          await call.answer();
          await call.write(`${before}data: "`);
          while (!call.gone && call.accepted < 64 * 1024 * 1024) {
            await call.write("x".repeat(256 * 1024));
          }
        });
        const answer = await rig.answer(ask(`${wire.provider}/${model}`));
        const code = "upstream_event_too_large";
        if (before === "") isError(answer, 502, code);
        else isBroken(answer, "a", code);
        const call = await rig.upstream.call(model);
        await call.left;
        assert(
          call.accepted < 40 * 1024 * 1024,
          `${call.accepted} bytes taken`,
        );
      })
    ),
  );
});

Deno.test("U12: a body that is no stream and never ends is given up as soon as it says enough", async () => {
  await using rig = await Rig.start();
  await Promise.all(
    DIALECTS.flatMap(({ provider }) =>
      [200, 500].map(async (status) => {
        const model = `${provider}-${status}`;
        rig.upstream.on(model, async (call) => {
          await call.answer({ status });
          await call.write(`{"a":"`);
          while (!call.gone && call.accepted < 64 * 1024 * 1024) {
            await call.write("x".repeat(64 * 1024));
          }
        });
        const answer = await rig.answer(ask(`${provider}/${model}`));
        assertEquals(answer.status, 502, model);
        const call = await rig.upstream.call(model);
        await soon(call.left, model);
        assert(
          call.accepted < 32 * 1024 * 1024,
          `${call.accepted} bytes taken`,
        );
      })
    ),
  );
});
