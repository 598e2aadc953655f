import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseProxy } from "./_proxy_address.ts";

Deno.test("parseProxy() takes an address apart", () => {
  assertEquals(parseProxy("http://proxy.test"), {
    hostname: "proxy.test",
    port: 80,
    authorization: undefined,
  });
  assertEquals(parseProxy("http://[::1]:3128/").hostname, "::1");
  const { authorization } = parseProxy("http://us%3Aer:p%40ss%C3%A9@p:1");
  assertEquals(authorization, `Basic ${btoa("us:er:p@ss\xc3\xa9")}`);
  assertEquals(parseProxy("http://u@p:1").authorization, `Basic ${btoa("u:")}`);
});

Deno.test("X11: parseProxy() refuses what is no proxy without repeating it", () => {
  const wrong = [
    "",
    "s3cret",
    "https://u:s3cret@p:1",
    "socks5://u:s3cret@p:1",
    "http://u:s3cret@p:1/path",
    "http://p:1?s3cret",
    "http://p:1#s3cret",
    "http://u:s3cret%ff@p:1",
    "http://u:s3cret@p:99999",
  ];
  for (const address of wrong) {
    const error = assertThrows(() => parseProxy(address), TypeError);
    assert(!Deno.inspect(error).includes("s3cret"), address);
  }
});
