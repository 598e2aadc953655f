import { assertEquals } from "@std/assert";
import type * as z from "@zod/zod";
import { secretFault } from "./_config_texts.ts";
import {
  address,
  headers,
  limits,
  proxyAddress,
  route,
  secret,
} from "./_config_values.ts";

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

Deno.test("limits() takes what the library reads, one or several", () => {
  assertAccepts(limits(), {
    yes: [
      "100/minute",
      "1/second",
      "0.5/second",
      "5000 tokens/hour",
      "10/second burst 20",
      "8 concurrent",
      ["100/minute", "1000000 tokens/day"],
    ],
    no: [
      "",
      "0/minute",
      "100",
      "100/min",
      "-1/minute",
      "1e3/day",
      "0.01/day",
      `1${"0".repeat(16)}/day`,
      [],
      ["100/minute", "100"],
      [["100/minute"]],
      { requests_per_minute: 1 },
      100,
      null,
    ],
  });
});

Deno.test("proxyAddress() takes credentials and no path", () => {
  assertAccepts(proxyAddress(), {
    yes: [
      "http://proxy:3128",
      "http://proxy.example/",
      "http://user:pa%40ss@10.0.0.1:8080",
      "http://[::1]:3128",
    ],
    no: [
      "",
      "proxy:3128",
      "socks5://proxy:1080",
      "https://proxy:3128",
      "http://user:50%off@proxy:1",
      "http://user:a@b@proxy\\x",
      "http://proxy/path",
      "http://proxy/?a",
      "http://proxy#a",
      "http://pro xy",
      "http://proxy:99999",
    ],
  });
});

Deno.test("secretFault() says why a text can be no key, and never the text", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["sk-proj-9fK2mQ7xWb4tRz", undefined],
    [" ", "must hold nothing but printable ASCII without spaces"],
    ["sk-9fK2m\n", "must hold nothing but printable ASCII without spaces"],
    ["sk-\u00e9", "must hold nothing but printable ASCII without spaces"],
    ['"sk-9fK2mQ7x"', "must not have quotes around it"],
    ["'sk-9fK2mQ7x'", "must not have quotes around it"],
    [
      "your-api-key",
      "looks like a placeholder, not like a key; for a variable write ${NAME}",
    ],
  ];
  for (const [text, fault] of cases) assertEquals(secretFault(text), fault);
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
