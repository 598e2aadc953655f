// Who may call a gateway that asks for no key: this machine, and no web page.
import { createApp, defaultConfig } from "@llm-proxy/api";
import { assert, assertEquals } from "@std/assert";
import { onDenoServe, onNode } from "./_gateway.ts";
import { ask } from "./_raw_client.ts";
import { errorOf, Rig } from "./_rig.ts";
import { CHAT_PIECES } from "./_wire_pieces.ts";

const LISTENERS = { "node:http": onNode, "Deno.serve": onDenoServe };

/** A request's head lines, and the code that it is refused with. */
type Row = readonly [lines: string, code?: "host" | "site"];

const ROWS: Readonly<Record<string, Row>> = {
  "localhost": ["host: localhost"],
  "with a port": ["host: localhost:8000"],
  "in capitals": ["host: LocalHost:8000"],
  "a name below it": ["host: my-app.localhost:8000"],
  "127.0.0.1": ["host: 127.0.0.1:8000"],
  "another of the block": ["host: 127.1.2.3"],
  "address of 6": ["host: [::1]:8000"],
  "a name that resolves here": ["host: evil.example:8000", "host"],
  "a name that begins like it": ["host: localhost.evil.example", "host"],
  "a name that ends like it": ["host: evillocalhost", "host"],
  "a name that begins with the address": [
    "host: 127.0.0.1.nip.example",
    "host",
  ],
  "no name at all": ["host: 0.0.0.0:8000", "host"],
  "a neighbour": ["host: 192.168.0.1:8000", "host"],
  "another address of 6": ["host: [::ffff:7f00:1]", "host"],

  "a page of this machine": [
    "host: localhost\r\norigin: http://localhost:3000",
  ],
  "a page of this machine by address": [
    "host: localhost\r\norigin: http://127.0.0.1:3000\r\nsec-fetch-site: same-site",
  ],
  "typed into the address bar": ["host: localhost\r\nsec-fetch-site: none"],
  "a page of another site": [
    "host: localhost\r\norigin: https://evil.example",
    "site",
  ],
  "a page that hides its site": ["host: localhost\r\norigin: null", "site"],
  "a page that looks like this machine": [
    "host: localhost\r\norigin: http://localhost.evil.example",
    "site",
  ],
  "a page of another scheme": [
    "host: localhost\r\norigin: x://localhost",
    "site",
  ],
  "an image on another site's page": [
    "host: localhost\r\nsec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors",
    "site",
  ],
};
const CODES = { host: "host_not_allowed", site: "cross_site_request" };

for (const [name, listening] of Object.entries(LISTENERS)) {
  Deno.test(`X14: without keys only this machine is served, and no page of another site (${name})`, async () => {
    await using rig = await Rig.start({ listening });
    rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
    const chat = ask("oa/m", { stream: false });
    const routes = [
      chat,
      "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
      "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ];
    let served = 0;
    for (const [what, [lines, refused]] of Object.entries(ROWS)) {
      for (const route of routes) {
        const request = route.replace("host: localhost", lines);
        const { status, headers, body } = await rig.answer(request);
        assertEquals(status, refused ? 403 : 200, `${what}: ${body}`);
        if (refused === undefined) {
          served++;
          continue;
        }
        const error = errorOf(body);
        assertEquals(error?.code, CODES[refused], what);
        assertEquals(error?.request_id, headers.get("x-request-id"), what);
        assert(String(error?.message).includes("auth.api_keys"), what);
      }
    }
    const asked = rig.upstream.calls.filter(({ model }) => model === "m");
    assertEquals(asked.length, served / routes.length);
    // A preflight is what a page's JSON begins with.
    const preflight = "OPTIONS /v1/chat/completions HTTP/1.1\r\n" +
      "host: localhost\r\norigin: https://evil.example\r\n\r\n";
    assertEquals((await rig.answer(preflight)).status, 403);
  });

  Deno.test(`X14: with keys it is the key that counts (${name})`, async () => {
    const key = "k3y-of-the-first-team-0815";
    const config = `auth: {api_keys: ["${key}"]}\n`;
    await using rig = await Rig.start({ listening, config });
    rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
    const request = ask("oa/m", { stream: false }).replace(
      "host: localhost",
      `host: gateway.example\r\norigin: https://app.example\r\nx-api-key: ${key}`,
    );
    assertEquals((await rig.answer(request)).status, 200);
  });
}

Deno.test("X14: createApp().fetch looks at the URL where there is no Host header, and knows its own host", async () => {
  const config = defaultConfig();
  const own = { ...config, server: { ...config.server, host: "fd00::1" } };
  const apps = [createApp(config), createApp(own)];
  const status = async (app: number, url: string): Promise<number> => {
    const response = await apps[app]!.fetch(new Request(`${url}/health`));
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await status(0, "http://localhost:1"), 200);
  assertEquals(await status(0, "http://evil.example"), 403);
  assertEquals(await status(0, "http://[fd00::1]:8000"), 403);
  assertEquals(await status(1, "http://[fd00:0:0::1]:8000"), 200);
  assertEquals(await status(1, "http://[fd00::2]"), 403);
  for (const app of apps) await app.close();
});
