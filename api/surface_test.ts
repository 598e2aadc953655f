import { assert, assertEquals } from "@std/assert";
import { StructuredLogger } from "@llm-proxy/logging";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Route } from "./dispatch.ts";
import { Gateway } from "./gateway.ts";
import { makeSurface } from "./surface.ts";
import { parse } from "./_config_fixture_test.ts";

/** A route that the router can't be made with the first time. */
class BrokenOnce implements Route {
  readonly path = "/here";
  readonly open = true;
  #reads = 0;

  get method(): "GET" {
    // The list of exact paths reads it once.
    if (++this.#reads === 2) throw new TypeError("no-such-module.ts");
    return "GET";
  }

  readonly handle: Route["handle"] = ({ exchange }) =>
    exchange.send(200, {}, "here");
}

for (const listener of ["node:http", "fetch"]) {
  Deno.test(`makeSurface() answers and tells what can't be loaded, and tries again, under ${listener}`, async () => {
    const parsed = parse("providers: [{type: mock}]");
    assert(parsed.ok);
    const lines: string[] = [];
    const logger = new StructuredLogger({
      level: "error",
      sink: (line) => void lines.push(line),
    });
    const gateway = new Gateway(parsed.config, { logger });
    const surface = makeSurface([new BrokenOnce()], { current: () => gateway });
    const server = createServer(surface.handle);
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve())
    );
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/here?x=1`;
    const ask = (): Promise<Response> =>
      listener === "fetch" ? surface.fetch(new Request(url)) : fetch(url);
    const refused = await ask();
    assertEquals(refused.status, 500);
    const { error } = await refused.json();
    assertEquals(error.code, "internal_error");
    assert(lines.some((line) => line.includes("no-such-module.ts")));
    assertEquals(await (await ask()).text(), "here");
    server.close();
    server.closeAllConnections();
    await gateway.close();
  });
}
