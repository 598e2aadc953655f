// All request bodies together stay under one bound, however many clients send.
import { assert, assertEquals } from "@std/assert";
import { heldBodies } from "../api/_held_bodies.ts";
import { onDenoServe, onNode } from "./_gateway.ts";
import { ask, type RawClient } from "./_raw_client.ts";
import { errorOf, Rig } from "./_rig.ts";
import { CHAT_PIECES } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

const MIB = 1024 * 1024;
const LISTENERS = { "node:http": onNode, "Deno.serve": onDenoServe };

/** A request of about a MiB. */
const BIG = ask("oa/m", { stream: false, user: "x".repeat(MIB) });
const SMALL = ask("oa/m", { stream: false });

/** A request of which the last byte is missing. */
async function half(rig: Rig): Promise<RawClient> {
  return await rig.send(BIG.slice(0, -1));
}

for (const [name, listening] of Object.entries(LISTENERS)) {
  Deno.test(`P6: bodies that are held together are bounded, and what is over the bound is told to come again (${name})`, async () => {
    await using rig = await Rig.start({
      listening,
      // Room for three.
      config: "server: {max_held_mb: 3.5, max_body_mb: 2}\n",
    });
    rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
    const clients = [await half(rig), await half(rig), await half(rig)];
    await until(() => heldBodies.bytes > 3 * MIB, "three bodies");

    const { status, headers, body } = await rig.answer(BIG);
    assertEquals(status, 503, body);
    assert(Number(headers.get("retry-after")) >= 1);
    assertEquals(errorOf(body)?.code, "request_bodies_full");
    // It holds nothing of the one that was refused; small ones are served.
    assertEquals((await rig.answer(SMALL)).status, 200);

    // One leaves, one is whole: there is room for others.
    clients[0]?.leave();
    await clients[1]?.send(BIG.slice(-1));
    assertEquals((await clients[1]?.answers())?.[0]?.status, 200);
    await until(() => heldBodies.bytes < 1.5 * MIB, "room");
    assertEquals((await rig.answer(BIG)).status, 200);
    clients[2]?.leave();
    await until(() => heldBodies.bytes === 0, "all of the room");
  });

  Deno.test(`P6: of a large body there is room for all or nothing, before it comes (${name})`, async () => {
    await using rig = await Rig.start({
      listening,
      config: "server: {max_held_mb: 3.5, max_body_mb: 2}\n",
    });
    rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
    const head = BIG.slice(0, BIG.indexOf("{") + 1);
    const begun = [await rig.send(head), await rig.send(head)];
    begun.push(await rig.send(head));
    await until(() => heldBodies.bytes > 3 * MIB, "three bodies");
    assertEquals((await rig.answer(BIG)).status, 503);
    assertEquals((await rig.answer(SMALL)).status, 200);
    for (const client of begun) client.leave();
    await until(() => heldBodies.bytes === 0, "room again");
    assertEquals((await rig.answer(BIG)).status, 200);
  });

  Deno.test(`P6: a body is given back however its request ends (${name})`, async () => {
    await using rig = await Rig.start({
      listening,
      config: "http_client: {header_timeout: 0.5}\n" +
        "server: {max_body_mb: 1, body_timeout: 0.5, header_timeout: 0.5}\n",
    });
    const { start, text, finish, whole } = CHAT_PIECES;
    rig.upstream.on("whole", (call) => call.whole(whole));
    rig.upstream.on("silent", (call) => call.silence());
    rig.upstream.on("streams", async (call) => {
      await call.answer();
      await call.write(start + text("a") + finish);
      await call.end();
    });
    rig.upstream.on("breaks", async (call) => {
      await call.answer();
      await call.write(start + text("a"));
      call.reset();
    });
    const requests = [
      ask("oa/whole", { stream: false }),
      ask("oa/streams"),
      ask("oa/breaks"),
      ask("oa/silent"),
      ask("oa/none", { stream: false }),
      ask("no-such-model"),
      ask("oa/whole", { messages: [] }),
      ask("oa/whole").replace(/\{/g, "["),
      BIG,
    ];
    const clients = await Promise.all(requests.map((text) => rig.send(text)));
    // Chunks that end early, and a client that leaves within its body.
    const head = SMALL.slice(0, SMALL.indexOf("content-length"));
    clients.push(
      await rig.send(
        `${head}transfer-encoding: chunked\r\n\r\n4\r\n{"a"\r\nx\r\n\r\n`,
      ),
    );
    const leaving = await rig.send(SMALL.slice(0, -5));
    await Promise.all(clients.map((client) => client.answers(1)));
    leaving.leave();
    await until(() => heldBodies.bytes === 0, "all of the room");
  });
}
