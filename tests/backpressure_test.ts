// A client that does not read holds its own provider up, and nobody else.
import { listen } from "@llm-proxy/api";
import { assert, assertEquals } from "@std/assert";
import { onDenoServe, onNode } from "./_gateway.ts";
import { startMiniGateway } from "./_mini_gateway.ts";
import { ask, RawClient } from "./_raw_client.ts";
import { contentOf, percentile, Rig, soon } from "./_rig.ts";
import {
  startScriptedUpstream,
  type UpstreamCall,
} from "./_scripted_upstream.ts";
import { CHAT_PIECES, DIALECTS, type WirePieces } from "./_wire_pieces.ts";
import { pause, until } from "../logging/_test_wait.ts";

const MIB = 1024 * 1024;
/** What the buffers of two connections and everything between may take. */
const MOST = 24 * MIB;

/** Writes content until so much is taken or the gateway leaves. */
async function flood(
  call: UpstreamCall,
  wire: WirePieces,
  bytes: number,
): Promise<void> {
  await call.answer();
  await call.write(wire.start);
  const piece = wire.text("x".repeat(8_000));
  while (!call.gone && call.accepted < bytes) await call.write(piece);
}

/** Waits until no more bytes are taken, and tells how many were. */
async function stalled(call: UpstreamCall): Promise<number> {
  for (let before = -1; before !== call.accepted;) {
    before = call.accepted;
    await pause(150);
  }
  return call.accepted;
}

for (const [name, listening] of Object.entries({ onNode, onDenoServe })) {
  Deno.test(`L9, C4: a client that stops reading stops its provider, others do not notice (${name})`, async () => {
    await using rig = await Rig.start({ listening });
    const bytes = 32 * MIB;
    const floods = await Promise.all(DIALECTS.map(async (wire) => {
      const model = `${wire.provider}-flood`;
      rig.upstream.on(model, async (call) => {
        await flood(call, wire, bytes);
        await call.write(wire.finish);
        await call.end();
      });
      const client = await rig.connect();
      client.pause();
      await client.send(ask(`${wire.provider}/${model}`));
      const call = await rig.upstream.call(model);
      await until(() => call.accepted > 100_000, "the flood begins");
      const taken = await stalled(call);
      assert(taken < MOST, `${taken} bytes taken for nobody`);
      // deno-lint-ignore no-console
      console.log(`${name}, ${model}: ${(taken / MIB).toFixed(1)} MiB taken`);
      return { client, call, taken };
    }));
    const others = Array.from({ length: 4 }, (_, i) => pacedStream(rig, i));
    const delays = (await Promise.all(others)).flat();
    const p99 = percentile(delays, 0.99);
    assert(delays.length > 0 && p99 < 2_000, `others waited ${p99} ms`);
    await Promise.all(floods.map(async ({ client, call, taken }) => {
      assert(call.accepted < MOST, `from ${taken} on to ${call.accepted}`);
      // Late is not lost.
      client.resume();
      await soon(call.over, "the rest of the flood");
      const [answer] = await client.answers();
      const body = answer?.body ?? "";
      assert(body.endsWith("data: [DONE]\n\n"), body.slice(-300));
      assert(contentOf(body).length >= bytes * 0.9);
    }));
  });
}

/** A stream beside the others; tells how late its events were. */
async function pacedStream(rig: Rig, number: number): Promise<number[]> {
  const wire = CHAT_PIECES;
  const model = `paced-${number}`;
  const sent: number[] = [];
  rig.upstream.on(model, async (call) => {
    await call.answer();
    await call.write(wire.start);
    for (let i = 0; i < 30; i++) {
      await call.wait(20);
      sent.push(performance.now());
      await call.write(wire.text(`<${i}>`));
    }
    await call.write(wire.finish);
    await call.end();
  });
  const client = await rig.send(ask(`oa/${model}`));
  await client.answers();
  const texts = client.arrivals.map(({ bytes }) =>
    new TextDecoder().decode(bytes)
  );
  return sent.map((at, i) => {
    const place = texts.findIndex((text) => text.includes(`<${i}>`));
    return (client.arrivals[place]?.at ?? Infinity) - at;
  });
}

for (const listener of ["node", "web"] as const) {
  Deno.test(`C4: a client that never reads is cut off when its time is up, and its provider with it (${listener})`, async () => {
    const upstream = await startScriptedUpstream();
    upstream.on("m", (call) => flood(call, CHAT_PIECES, Infinity));
    const gateway = await startMiniGateway({
      origin: upstream.origin,
      listener,
      limits: { client: 300, idle: 100, content: 5_000 },
    });
    const client = await RawClient.connect(gateway.url);
    try {
      client.pause();
      await client.send(ask("m"));
      const call = await upstream.call("m");
      const left = await soon(call.left, "leaving the provider");
      // While the client holds it up, the provider's own clock stands still.
      await until(() => gateway.ends.length > 0, "the end");
      const [end] = gateway.ends;
      assertEquals([end?.code, end?.kind], ["client_stalled", "client_closed"]);
      assert(left - call.at >= 295, `${left - call.at} ms`);
      assert(call.accepted < MOST, `${call.accepted} bytes`);
      // It has a moment more to read why; then its connection is gone as well.
      if (listener === "web") await pause(1_200);
      else await until(() => gateway.open() === 0, "the connection is closed");
      client.resume();
      await soon(client.closed, "the end of the connection");
      assert(!client.text.includes("[DONE]"));
    } finally {
      client.leave();
      await gateway.close();
      await upstream.close();
    }
  });

  Deno.test(`L8: a client hears comments while its provider is silent, none before the stream begins (${listener})`, async () => {
    const upstream = await startScriptedUpstream();
    const { start, text, finish, ping } = CHAT_PIECES;
    upstream.on("m", async (call) => {
      await call.answer();
      await call.write(start + ping);
      await call.wait(300);
      await call.write(text("a"));
      await call.wait(900);
      for (let i = 0; i < 20; i++) {
        await call.write(text("b"));
        await call.wait(20);
      }
      await call.write(finish);
      await call.end();
    });
    const gateway = await startMiniGateway({
      origin: upstream.origin,
      listener,
      keepAlive: 120,
    });
    const client = await RawClient.connect(gateway.url);
    try {
      await client.send(ask("m"));
      const [answer] = await client.answers();
      const { at } = await upstream.call("m");
      assert(client.arrivals[0]!.at - at > 290, "a byte before any content");
      const body = answer?.body ?? "";
      const [before = "", after = ""] = body.split(`"b"`, 2);
      const count = (text: string): number =>
        text.split(": keep-alive\n\n").length - 1;
      const silent = count(before);
      assert(silent >= 2 && silent <= 7, `${silent} comments in 900 ms`);
      assert(count(after) <= 2, `${count(after)} comments beside content`);
      assertEquals(contentOf(body), `a${"b".repeat(20)}`);
      assert(body.endsWith("data: [DONE]\n\n"));
    } finally {
      client.leave();
      await gateway.close();
      await upstream.close();
    }
  });
}

Deno.test("C4: a whole answer that nobody reads is cut off, one that is read slowly is not", async () => {
  await using rig = await Rig.start({
    config: "server: {max_connections: 2}\n",
    listening: (app, server) =>
      listen(app, { ...server, port: 0, write_timeout: 0.15 }),
  });
  const body = CHAT_PIECES.whole.replace("hello", "x".repeat(12 * MIB));
  rig.upstream.on("big", (call) => call.whole(body));
  rig.upstream.on("small", (call) => call.whole(CHAT_PIECES.whole));
  const request = ask("oa/big", { stream: false });

  const [idle, slow] = await Promise.all([rig.connect(), rig.connect()]);
  idle.pause();
  await Promise.all([idle.send(request), slow.send(request)]);
  const reading = setInterval(() => {
    slow.pause();
    setTimeout(() => slow.resume(), 25);
  }, 50);
  const [whole] = await slow.answers();
  clearInterval(reading);
  await pause(30);
  assertEquals(whole?.status, 200);
  assert(whole?.complete && whole.body === body);

  // It has 0.15 s for each MiB; a third connection finds room after that only.
  let served = false;
  const deadline = performance.now() + 10_000;
  while (!served && performance.now() < deadline) {
    const third = await rig.send(ask("oa/small", { stream: false }));
    const [answer] = await third.answers();
    served = answer?.status === 200;
    third.leave();
    await pause(50);
  }
  assert(served, "it was left in peace");
  idle.resume();
  await soon(idle.closed, "the cut");
  const [cut] = await idle.answers();
  assert(cut && !cut.complete);
  assert(!slow.ended, "the one that reads was cut as well");
});
