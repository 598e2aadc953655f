// What the service says of the place it is to run in.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { clock, permitted } from "../api/_doctor_host.ts";
import { parseConfig } from "../api/config.ts";
import { run } from "./_service.ts";

Deno.test("doctor finds what keeps a service from working, and says what to do", async () => {
  const directory = await Deno.makeTempDir();
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const config = `${directory}/config.yaml`;
  await Deno.writeTextFile(
    config,
    `server: {port: ${port}}\nproviders: [{type: mock, name: mock}]\n`,
  );
  const well = await run(["doctor", "--state", `${directory}/state`]);
  assertEquals([well.code, /^fault/m.test(well.out)], [0, false], well.out);
  assertMatch(well.out, /^ok +provider groq: off, no GROQ_API_KEY$/m);
  const { code, out } = await run(["doctor", "--config", config, "--json"]);
  server.close();
  const findings: { is: string; what: string; advice?: string }[] = JSON.parse(
    out,
  );
  const address = findings.find(({ what }) => what.startsWith("address"));
  assertEquals([code, address?.is], [0, "warn"]);
  assertMatch(address?.advice ?? "", /the port is taken/);
  await Deno.writeTextFile(config, "providers: []\n");
  const none = await run(["doctor", "--config", config]);
  assertEquals(none.code, 1);
  assertMatch(
    none.out,
    /fault providers: none is on\n\s+→ set a provider's variable/,
  );
  await Deno.remove(directory, { recursive: true });
});

Deno.test("doctor --ask tells a key that is refused, and a clock that is wrong by what providers say", async () => {
  const directory = await Deno.makeTempDir();
  const upstream = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      Response.json({ error: { message: "no such key" } }, {
        status: 401,
        headers: { date: new Date(Date.now() + 600_000).toUTCString() },
      }),
  );
  const url = `http://127.0.0.1:${upstream.addr.port}/v1`;
  const config = `${directory}/config.yaml`;
  await Deno.writeTextFile(
    config,
    `server: {port: 0, admin: {port: 0}}\nproviders: [{type: openai_compatible, name: up, api_key: sk-51f0c2aa93, base_url: "${url}"}]\n`,
  );
  const { code, out } = await run([
    "doctor",
    "--config",
    config,
    "--state",
    `${directory}/state`,
    "--ask",
  ]);
  assertEquals(code, 1);
  assertMatch(out, /fault provider up: \w+\n\s+→ its key is refused/);
  assertMatch(out, /fault clock: \d{3} s behind\n\s+→ have it set by NTP/);
  assertEquals(out.match(/^ok +address: /gm)?.length, 2, out);
  assertMatch(out, /^ok +state: /m);
  assertMatch(out, /^ok +open files: room for \d+ connections$/m);
  await upstream.shutdown();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("doctor knows a clock that is behind a file, and one that is ahead of providers", () => {
  const now = Date.UTC(2026, 10, 1);
  const is = (told: string[], written: number | null): [string, string] => {
    const { is, what } = clock({
      told,
      written: written === null ? null : new Date(written),
      now,
    });
    return [is, what];
  };
  const well = "2026-11-01T00:00:00.000Z";
  assertEquals(is([], null), ["ok", `clock: ${well}`]);
  assertEquals(is([], now - 9e9), ["ok", `clock: ${well}`]);
  assertEquals(is([], now + 90_000), ["fault", "clock: 90 s behind"]);
  const late = new Date(now - 120_000).toUTCString();
  assertEquals(is([late, "nonsense"], null), ["fault", "clock: 120 s ahead"]);
  const right = new Date(now).toUTCString();
  assertEquals(is([right], null)[1], `clock: ${well}, as providers say`);
});

Deno.test("doctor tells the hosts that the permissions leave out", () => {
  const result = parseConfig(
    "providers: [{type: ollama, base_url: 'http://10.0.0.7:11434/v1'}, {type: mock}]\n",
    { file: "c.yaml", env: () => undefined },
  );
  assert(result.ok);
  const found = (state: Deno.PermissionState) =>
    permitted(result.config, () => ({ state }) as Deno.PermissionStatus);
  assertEquals(found("denied").map(({ is, what }) => [is, what]), [
    ["fault", "permissions: 10.0.0.7:11434 may not be reached"],
    ["ok", "permissions: bounded"],
  ]);
  assertEquals(found("granted").map(({ is }) => is), ["ok"]);
});
