// A client that leaves takes the provider's request with it, wherever that is.
import { assert, assertEquals } from "@std/assert";
import { type Listening, onDenoServe, onNode } from "./_gateway.ts";
import { ask, type RawClient } from "./_raw_client.ts";
import { percentile, Rig, soon } from "./_rig.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { DIALECTS, type WirePieces } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

const LISTENERS: Readonly<Record<string, Listening>> = {
  "node:http": onNode,
  "Deno.serve": onDenoServe,
};

/** Asserted, for a machine that is shared; the aim is 50 ms. */
const MOST = 5_000;

/** Where a request is when its client leaves. */
interface Moment {
  readonly stream: boolean;
  readonly script: (wire: WirePieces) => UpstreamScript;
  /** Until when the client stays. */
  readonly stay: (client: RawClient) => Promise<unknown>;
  /** Whether an answer has begun. */
  readonly begun?: true;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 40));
}

const MOMENTS: Readonly<Record<string, Moment>> = {
  "before the headers": {
    stream: true,
    script: () => (call) => call.silence(),
    stay: pause,
  },
  "before the headers of a whole answer": {
    stream: false,
    script: () => (call) => call.silence(),
    stay: pause,
  },
  "within a whole answer": {
    stream: false,
    script: ({ whole }) => async (call) => {
      const type = "application/json";
      await call.answer({ type, framing: "length", length: whole.length });
      await call.write(whole.slice(0, 10));
      await call.silence();
    },
    stay: pause,
  },
  "before the first content": {
    stream: true,
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start + wire.ping);
      await call.silence();
    },
    stay: pause,
  },
  "in a stream that is silent": {
    stream: true,
    begun: true,
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("a"));
      await call.silence();
    },
    stay: (client) => client.until(`"a"`),
  },
  "in a stream that runs": {
    stream: true,
    begun: true,
    script: (wire) => async (call) => {
      await call.answer();
      await call.write(wire.start);
      await call.repeat(wire.text("a"), 5);
    },
    stay: (client) => client.until(`"a"`),
  },
};

const WAYS: Readonly<Record<string, (client: RawClient) => void>> = {
  fin: (client) => client.leave(),
  reset: (client) => client.reset(),
  "half-close": (client) => client.halfClose(),
};

function report(what: string, times: readonly number[]): void {
  const [p50, max] = [percentile(times, 0.5), Math.max(...times)];
  // deno-lint-ignore no-console
  console.log(
    `${what}: ${times.length} left after p50 ${p50.toFixed(1)} ms, max ${
      max.toFixed(1)
    } ms`,
  );
}

for (const [listener, listening] of Object.entries(LISTENERS)) {
  Deno.test(`L1, C1: a client that leaves closes the provider's connection, at any point (${listener})`, async () => {
    await using rig = await Rig.start({ listening });
    const times: number[] = [];
    for (const [when, moment] of Object.entries(MOMENTS)) {
      await Promise.all(
        DIALECTS.flatMap((wire) =>
          Object.entries(WAYS).map(async ([way, leave]) => {
            // What a half-closed client is to Deno.serve is for the platform to say.
            if (way === "half-close" && listener !== "node:http") return;
            const model = `${wire.provider} ${when} ${way}`;
            rig.upstream.on(model, moment.script(wire));
            const { stream } = moment;
            const client = await rig.send(
              ask(`${wire.provider}/${model}`, { stream }),
            );
            const call = await rig.upstream.call(model);
            await moment.stay(client);
            const left = performance.now();
            leave(client);
            times.push(await soon(call.left, model) - left);
            const line = await rig.line(model);
            assertEquals(
              [line.status, line.error],
              [moment.begun ? 200 : 499, "client_closed"],
              model,
            );
          })
        ),
      );
    }
    report(listener, times);
    assert(Math.max(...times) < MOST, `${Math.max(...times)} ms`);
    // Nobody's place is taken for good.
    rig.upstream.on("after", (call) => call.whole(DIALECTS[0]!.whole));
    const after = await rig.answer(ask("oa/after", { stream: false }));
    assertEquals(after.status, 200);
  });

  Deno.test(`C2: 50 clients that leave at once are all noticed, and what they had is booked (${listener})`, async () => {
    await using rig = await Rig.start({ listening });
    const runs = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const wire = DIALECTS[i % 2]!;
        const model = `${wire.provider}-${i}`;
        rig.upstream.on(model, async (call) => {
          await call.answer();
          await call.write(wire.start);
          await call.repeat(wire.text("a"), 10);
        });
        const client = await rig.send(ask(`${wire.provider}/${model}`));
        await client.until(`"a"`);
        return { model, client, call: await rig.upstream.call(model) };
      }),
    );
    const start = performance.now();
    for (const { client } of runs) client.leave();
    const times = await Promise.all(
      runs.map(async ({ call, model }) => await soon(call.left, model) - start),
    );
    report(`${listener}, 50 at once`, times);
    assert(Math.max(...times) < MOST, `${Math.max(...times)} ms`);
    for (const { model } of runs) {
      const line = await rig.line(model);
      assertEquals([line.status, line.error], [200, "client_closed"]);
      // Anthropic tells the input with the start of a message.
      if (model.startsWith("an")) assertEquals(line.input_tokens, 3);
      assert(Number(line.first_content_ms) > 0);
    }
    assertEquals(rig.log.length, 50);
    await until(() => rig.upstream.open === 0, "no connection is left");
  });
}

Deno.test("C1: a client that leaves while its body is on the way costs no provider's request", async () => {
  await using rig = await Rig.start();
  const request = ask("oa/m");
  const client = await rig.send(request.slice(0, -10));
  await pause();
  client.leave();
  await until(() => rig.log.length > 0, "a log line");
  const [line] = rig.log;
  assertEquals([line?.status, line?.error], [499, "client_closed"]);
  assertEquals(rig.upstream.calls.length, 0);
});

Deno.test("L1: an answer that has arrived is no client that left", async () => {
  for (const [listener, listening] of Object.entries(LISTENERS)) {
    await using rig = await Rig.start({ listening });
    const [wire] = DIALECTS;
    rig.upstream.on("s", async (call) => {
      await call.answer();
      await call.write(wire!.start + wire!.text("a") + wire!.finish);
      await call.end();
    });
    for (let i = 0; i < 3; i++) {
      const client = await rig.send(ask("oa/s"));
      await client.answers(1);
      client.leave();
    }
    await rig.line("s");
    await pause();
    for (const line of rig.log) {
      assertEquals([line.status, line.error], [200, undefined], listener);
    }
    // The provider's connection was good for all of them.
    assertEquals(rig.upstream.open, 1, listener);
  }
});
