import { GatewayError, UpstreamError } from "@llm-proxy/core";
import { assert, assertEquals } from "@std/assert";
import type { ReplyStream } from "./exchange.ts";
import { ToldReply } from "./told_reply.ts";

const HEAD = `"id":"i","created":1,"model":"m"`;
const WORDS =
  `data: {${HEAD},"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n`;
const fault = new UpstreamError("upstream", "It broke", { code: "cut" });

/** A stream that keeps what is written to it. */
function setUp(keepAlive?: number) {
  const written: string[] = [];
  const reply: ReplyStream = {
    write: (text) => void written.push(text) as undefined,
    end: () => void written.push("end"),
    fail: () => void written.push("fail"),
  };
  const options = { startedAt: 0, ...(keepAlive && { keepAlive }) };
  return { written, told: new ToldReply(reply, options) };
}

Deno.test("ToldReply stays open and tells what another deployment has to go on with", () => {
  const { told, written } = setUp();
  told.write(WORDS);
  assertEquals(told.begun(undefined), undefined);
  assert(told.keepsOpen(fault) && told.isBroken);
  const head = { id: "i", created: 1, model: "m" };
  assertEquals(told.begun(undefined), { text: "Hel", head, usage: undefined });
  // A name can't end the comment.
  told.goOn("b/x\n\ndata: {}").end();
  assertEquals([told.isBroken, told.begun(undefined)], [false, undefined]);
  assertEquals(written, [WORDS, ": continued at b/x??data: {}\n\n", "end"]);
});

Deno.test("L8: a client hears a comment while nobody answers it", async () => {
  const { told, written } = setUp(5);
  told.write(WORDS);
  assert(told.keepsOpen(fault));
  while (written.length < 3) await new Promise((go) => setTimeout(go, 5));
  told.fail();
  assertEquals(new Set(written.slice(1, -1)), new Set([": keep-alive\n\n"]));
  assertEquals(told.isBroken, false);
});

Deno.test("ToldReply is not kept open for nothing, or for a fault that is no upstream's", () => {
  const { told } = setUp();
  assert(!told.keepsOpen(fault));
  told.write(WORDS);
  const left = new GatewayError("client_closed", "Left", { code: "left" });
  assert(!told.keepsOpen(left) && !told.keepsOpen(new TypeError("Odd")));
  told.write(WORDS.replace(`"content":"Hel"`, `"refusal":"No"`));
  assert(!told.keepsOpen(fault) && !told.isBroken);
});
