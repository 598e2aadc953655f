import { assert, assertEquals } from "@std/assert";
import { linesOf, parse } from "./_config_fixture_test.ts";
import { mostHeldBytes } from "./_held_bodies.ts";
import { providerSettings } from "./_provider_settings.ts";

const MIB = 1024 * 1024;

Deno.test("P6: bodies are held as max_held_mb says, else as the memory lets, and one always is", () => {
  for (
    const [server, limit, held] of [
      ["{}", undefined, 256],
      ["{}", 1_024, 64],
      ["{}", 100, 32],
      ["{}", 100_000, 256],
      ["{max_held_mb: 32}", undefined, 32],
      ["{max_held_mb: 300}", 512, 300],
      ["{max_held_mb: 2, max_body_mb: 2}", undefined, 2],
      // Who wants larger bodies need not know of the other bound.
      ["{max_body_mb: 512}", 512, 512],
    ] as const
  ) {
    const result = parse(`server: ${server}`);
    assert(result.ok, JSON.stringify(result));
    const bytes = mostHeldBytes(result.config.server, limit && limit * MIB);
    assertEquals(bytes, held * MIB);
  }
  assertEquals(linesOf("server: {max_body_mb: 3, max_held_mb: 2}"), [
    "1:23 server.max_body_mb: max_body_mb must not be more than max_held_mb",
  ]);
  assertEquals(linesOf("server: {max_held_mb: 31}"), [
    "1:9 server.max_body_mb: max_body_mb must not be more than max_held_mb",
  ]);
});

Deno.test("providerSettings() has the limit of each phase in milliseconds", () => {
  const result = parse(`
http_client: {queue_timeout: 0.5, connect_timeout: 1, header_timeout: 2, first_token_timeout: 3, idle_timeout: 4, total_timeout: 5}
providers: [{type: mock}, {type: mock, name: slow, timeout: 6}]
`);
  assert(result.ok, JSON.stringify(result));
  const { config } = result;
  const limits = {
    queue: 500,
    connect: 1000,
    headers: 2000,
    content: 3000,
    idle: 4000,
    total: 5000,
  };
  assertEquals(
    config.providers.map((it) => providerSettings(it, config).limits),
    [limits, { ...limits, total: 6000 }],
  );
});
