import { assertEquals } from "@std/assert";
import { isLoopback } from "./_config_loopback.ts";

Deno.test("isLoopback() takes plain spellings of the own machine only", () => {
  for (
    const host of [
      "127.0.0.1",
      "127.8.9.255",
      "::1",
      "localhost",
      "LOCALHOST",
      "::ffff:127.0.0.1",
    ]
  ) assertEquals(isLoopback(host), true, host);
  for (
    const host of [
      "0.0.0.0",
      "::",
      "",
      "127.evil.example",
      "127.0.0.1.example",
      "127.0.0.256",
      "127.0.0.01",
      "127.1",
      "2130706433",
      "localhost.example",
      "10.127.0.0.1",
      "::ffff:10.0.0.1",
    ]
  ) assertEquals(isLoopback(host), false, host);
});
