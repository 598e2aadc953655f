import { assert, assertEquals } from "@std/assert";
import { type ErrorKind, GatewayError, UpstreamError } from "./errors.ts";

Deno.test("GatewayError has the status of its kind", () => {
  const statuses: Record<ErrorKind, number> = {
    invalid_request: 400,
    authentication: 401,
    permission: 403,
    not_found: 404,
    method_not_allowed: 405,
    too_large: 413,
    unsupported_media_type: 415,
    rate_limit: 429,
    client_closed: 499,
    internal: 500,
    upstream: 502,
    overloaded: 503,
    timeout: 504,
  };
  for (const [kind, status] of Object.entries(statuses)) {
    const error = new GatewayError(kind as ErrorKind, "Message", { code: "c" });
    assertEquals([error.kind, error.status], [kind, status]);
  }
});

Deno.test("GatewayError keeps what it is given and has quiet defaults", () => {
  const bare = new GatewayError("internal", "Message", { code: "c" });
  assertEquals(
    [bare.message, bare.code, bare.param, bare.headers, bare.details],
    ["Message", "c", undefined, {}, {}],
  );
  assert(!Object.hasOwn(bare, "cause"));

  const cause = new Error("raw");
  const full = new GatewayError("rate_limit", "Message", {
    code: "c",
    status: 529,
    param: "messages[0]",
    cause,
    headers: { "retry-after": "1" },
    details: { limit: 5 },
  });
  assertEquals(
    [full.status, full.param, full.headers, full.details],
    [529, "messages[0]", { "retry-after": "1" }, { limit: 5 }],
  );
  assert(full.cause === cause);
});

Deno.test("GatewayError keeps a cause that is undefined or null apart from none", () => {
  for (const cause of [undefined, null]) {
    const error = new GatewayError("internal", "M", { code: "c", cause });
    assert(Object.hasOwn(error, "cause"));
    assertEquals(error.cause, cause);
  }
});

Deno.test("UpstreamError is a GatewayError, and both are told by class and by name", () => {
  const upstream = new UpstreamError("overloaded", "M", { code: "c" });
  const gateway = new GatewayError("overloaded", "M", { code: "c" });
  assert(upstream instanceof GatewayError && upstream instanceof Error);
  assert(!(gateway instanceof UpstreamError));
  assertEquals([upstream.name, gateway.name], [
    "UpstreamError",
    "GatewayError",
  ]);
  assertEquals(`${upstream}`, "UpstreamError: M");
});
