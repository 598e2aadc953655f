// What the service says of the place it is to run in.
import { assertEquals, assertMatch } from "@std/assert";
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
