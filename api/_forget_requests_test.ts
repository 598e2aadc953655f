import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { forgetAnswered, requestsOf } from "./_forget_requests.ts";

Deno.test("forgetAnswered() has the platform let go of a request that is answered", async () => {
  const seen: { req: IncomingMessage | null }[] = [];
  const server = createServer((incoming, outgoing) => {
    const entry = requestsOf(server)?.get(incoming.socket);
    // Without it the platform has changed: nothing is to be forgotten any more.
    assert(entry !== undefined);
    assertStrictEquals(entry.req, incoming);
    seen.push(entry);
    outgoing.end("answer");
  });
  forgetAnswered(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (const _ of [1, 2]) {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    assertEquals(await answer.text(), "answer");
  }
  assertEquals(seen.map(({ req }) => req), [null, null]);
  assertEquals(requestsOf(server)?.size, 0);
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});
