import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import { UpstreamError } from "./errors.ts";
import { googleTokens, readServiceAccount } from "./google_tokens.ts";
import { TestUpstream } from "./_test_upstream.ts";

const { publicKey, privateKey } = await generateKeyPair("RS256", {
  extractable: true,
});
const KEY = await exportPKCS8(privateKey);
const { signal } = new AbortController();
const EMAIL = "gateway@acme.iam.gserviceaccount.com";

function account(uri: string): string {
  return JSON.stringify({
    client_email: EMAIL,
    private_key: KEY,
    private_key_id: "kid-1",
    token_uri: uri,
  });
}

Deno.test("D29: a service account's token is asked for with an assertion that its key signs", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond(`{"access_token":"ya29.token","expires_in":3599}`)
  );
  const uri = upstream.url("/token");
  const fetch = googleTokens({ project: "p", serviceAccount: account(uri) });
  const before = Date.now();
  const { token, expiresAt } = await fetch(signal);
  assertEquals(token, "ya29.token");
  assert(
    expiresAt >= before + 3_599_000 && expiresAt <= Date.now() + 3_599_000,
  );
  const [{ method, body, headers }] = upstream.requests as [
    TestUpstream["requests"][number],
  ];
  assertEquals(
    [method, headers.get("content-type")],
    ["POST", "application/x-www-form-urlencoded"],
  );
  const form = new URLSearchParams(body);
  assertEquals(
    form.get("grant_type"),
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
  );
  const { payload, protectedHeader } = await jwtVerify(
    form.get("assertion") ?? "",
    publicKey,
    { issuer: EMAIL, audience: uri },
  );
  assertEquals(protectedHeader, { alg: "RS256", typ: "JWT", kid: "kid-1" });
  assertEquals(
    payload.scope,
    "https://www.googleapis.com/auth/cloud-platform",
  );
});

Deno.test("D29: the metadata server is asked where there is no key", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond(
      `{"access_token":"ya29.m","expires_in":100,"token_type":"Bearer"}`,
    )
  );
  const fetch = googleTokens({
    project: "p",
    metadataHost: new URL(upstream.url()).host,
  });
  assertEquals((await fetch(signal)).token, "ya29.m");
  const { path, headers } = upstream.requests[0]!;
  assertEquals(
    path,
    "/computeMetadata/v1/instance/service-accounts/default/token",
  );
  assertEquals(headers.get("metadata-flavor"), "Google");
});

Deno.test("X11: no refusal of a token tells the key", async () => {
  const answers = [
    [
      400,
      `{"error":"invalid_grant","error_description":"${KEY.slice(30, 60)}"}`,
    ],
    [200, "{}"],
    [200, "<html>"],
    [302, ""],
  ] as const;
  for (const [status, body] of answers) {
    await using upstream = await TestUpstream.start((request) =>
      request.respond(body, { location: "http://127.0.0.1:1/" }, status)
    );
    const fetch = googleTokens({
      project: "p",
      serviceAccount: account(upstream.url("/")),
    });
    const error = await assertRejects(() => fetch(signal), UpstreamError);
    assertEquals(error.code, "upstream_token_failed");
    const told = error.message + JSON.stringify(error.cause);
    assert(!told.includes(KEY.slice(30, 60)), told);
  }
});

Deno.test("X11: readServiceAccount() tells nothing of what it could not read", () => {
  for (const text of ["", "[]", "{}", `{"client_email":1}`, KEY]) {
    const { message } = assertThrows(() => readServiceAccount(text), TypeError);
    assert(!message.includes("BEGIN"), message);
  }
});
