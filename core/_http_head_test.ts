import { assertEquals, assertThrows } from "@std/assert";
import { parseTarget, requestHead, responseHead } from "./_http_head.ts";
import { GatewayError } from "./errors.ts";

Deno.test("parseTarget() takes an address apart", () => {
  assertEquals(parseTarget("https://api.example.com/v1/x?a=%20b#frag"), {
    origin: "https://api.example.com",
    secure: true,
    hostname: "api.example.com",
    port: 443,
    authority: "api.example.com:443",
    servername: "api.example.com",
    host: "api.example.com",
    path: "/v1/x?a=%20b",
  });
  assertEquals(parseTarget("http://[::1]:8080"), {
    origin: "http://[::1]:8080",
    secure: false,
    hostname: "::1",
    port: 8080,
    authority: "[::1]:8080",
    servername: "",
    host: "[::1]:8080",
    path: "/",
  });
  assertEquals(
    parseTarget("http://BÜCHER.example:80/").host,
    "xn--bcher-kva.example",
  );
  assertEquals(parseTarget("https://0x7f.1/").servername, "");
  const dotted = parseTarget("https://api.example.com./");
  assertEquals(dotted.servername, "api.example.com");
});

Deno.test("parseTarget() leaves nothing in a path that could end a request line", () => {
  const { path } = parseTarget("http://127.0.0.1/a\r\nb c/é?d e\0f");
  assertEquals(path, "/ab%20c/%C3%A9?d%20e%00f");
});

Deno.test("requestHead() counts the bytes of a body, not its characters", () => {
  const target = parseTarget("http://127.0.0.1/");
  const request = { method: "POST", url: "", headers: {} } as const;
  const counts = ["", "a", "é", "漢", "🐎", "\ud83d"].map((body) =>
    requestHead(target, { ...request, body })[3]
  );
  assertEquals(counts, ["0", "1", "2", "3", "4", "3"]);
  assertEquals(requestHead(target, request)[3], "0");
});

Deno.test("requestHead() lets values beyond ASCII through and asks for the coding that the caller wants", () => {
  const head = requestHead(parseTarget("http://127.0.0.1/"), {
    method: "GET",
    url: "",
    headers: { "X-Title": "Café\t1", "Accept-Encoding": "gzip" },
  });
  assertEquals(head.slice(2), [
    "x-title",
    "Café\t1",
    "accept-encoding",
    "gzip",
  ]);
});

Deno.test("requestHead() refuses values that are no text", () => {
  const target = parseTarget("http://127.0.0.1/");
  for (const value of [undefined, null, 1, ["a"], {}]) {
    const headers = { "x-odd": value } as unknown as Record<string, string>;
    assertThrows(
      () => requestHead(target, { method: "GET", url: "", headers }),
      GatewayError,
      "x-odd",
    );
  }
});

Deno.test("responseHead() passes over half a header", () => {
  assertEquals(Object.entries(responseHead(["A", "1", "B"])), [["a", "1"]]);
  assertEquals(Object.entries(responseHead([])), []);
});

Deno.test("X9: what an answer's connection names stays with it, wherever it is named", () => {
  const raw = [
    ...["X-Before", "1", "Connection", "close, X-Before"],
    ...["Content-Length", "2", "connection", "x-after ,Content-Length"],
    ...["X-After", "2", "X-Kept", "3"],
  ];
  assertEquals(Object.entries(responseHead(raw)), [
    ["content-length", "2"],
    ["x-kept", "3"],
  ]);
});

Deno.test("requestHead() lays out headers that never change once, and others anew", () => {
  const target = parseTarget("http://127.0.0.1/");
  const headers: Record<string, string> = { "X-Title": "one" };
  const head = (fixed: Readonly<Record<string, string>>): string[] =>
    requestHead(target, { method: "GET", url: "", headers: fixed });
  assertEquals(head(headers)[3], "one");
  headers["X-Title"] = "two";
  assertEquals(head(headers)[3], "two");
  const first = head(Object.freeze(headers));
  first[3] = "spoilt";
  assertEquals(head(headers).slice(2), [
    "x-title",
    "two",
    "accept-encoding",
    "identity",
  ]);
  const bad = Object.freeze({ "x-bad": "a\nb" });
  for (let i = 0; i < 2; i++) assertThrows(() => head(bad), GatewayError);
});
