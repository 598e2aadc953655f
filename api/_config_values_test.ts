import { assertEquals } from "@std/assert";
import type * as z from "@zod/zod";
import { address, headers, limit, route, secret } from "./_config_values.ts";

function assertAccepts(
  schema: z.ZodType,
  { yes, no }: { readonly yes: unknown[]; readonly no: unknown[] },
): void {
  for (const value of yes) {
    assertEquals(schema.safeParse(value).success, true, Deno.inspect(value));
  }
  for (const value of no) {
    assertEquals(schema.safeParse(value).success, false, Deno.inspect(value));
  }
}

Deno.test("address() takes plain http and https URLs", () => {
  assertAccepts(address(), {
    yes: [
      "https://api.openai.com/v1",
      "http://127.0.0.1:8001/v1/",
      "http://[::1]:1234",
      "https://example.com/@cf/x",
    ],
    no: [
      "",
      "api.openai.com",
      "//api.openai.com",
      "ftp://x/",
      "file:///etc/passwd",
      "javascript:alert(1)",
      "http://",
      "http:///v1",
      "http://user:pass@host/",
      "http://user@host/",
      "http://host/?key=1",
      "http://host/?",
      "http://host/#f",
      "http://ho st/",
      "http://host/\n",
      "http://host\\@evil/",
      "http://host:99999/",
    ],
  });
});

Deno.test("limit() takes a number per unit", () => {
  assertAccepts(limit(), {
    yes: ["100/minute", "1/second", "5/hour", "1000000/day"],
    no: [
      "0/minute",
      "100",
      "100/min",
      "-1/minute",
      "1e3/day",
      "100 /minute",
      "9999999999/day",
    ],
  });
});

Deno.test("route() takes a path", () => {
  assertAccepts(route(), {
    yes: ["/", "/v1/chat/completions"],
    no: ["v1", "", "/a b", "/a\n"],
  });
});

Deno.test("secret() refuses what cannot travel in a header", () => {
  assertAccepts(secret(1), {
    yes: ["k", "sk-ant-w3Kd9"],
    no: ["", "a b", "key\n", "key\r\nx: y", "kéy", "k".repeat(513), "${A}"],
  });
});

Deno.test("X9: headers() refuses framing headers and broken values", () => {
  const secretValue = "Bearer qW7rTz2L";
  assertAccepts(headers(), {
    yes: [{}, {
      Authorization: secretValue,
      "x-api-key": "k",
      "OpenAI-Project": "p\tq",
    }],
    no: [
      { "": "x" },
      { "a b": "x" },
      { "a:": "x" },
      { "ä": "x" },
      { Connection: "close" },
      { "TRANSFER-ENCODING": "chunked" },
      { "content-length": "1" },
      { host: "x" },
      { a: "b\r\nc: d" },
      { a: "b\n" },
      { a: "b\0" },
      { a: "ü" },
      { a: 1 },
    ],
  });
});
