import { assertEquals } from "@std/assert";
import { entraTokens } from "./entra_tokens.ts";
import { TestUpstream } from "./_test_upstream.ts";

const { signal } = new AbortController();

Deno.test("F1: an application's token is asked for with its secret", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond(`{"access_token":"eyJ0","expires_in":"3599"}`)
  );
  const fetch = entraTokens({
    tenantId: "a/b",
    clientId: "client",
    clientSecret: "s&cret=",
    authority: `${upstream.url("/")}`,
  });
  assertEquals((await fetch(signal)).token, "eyJ0");
  const { path, body } = upstream.requests[0]!;
  assertEquals(path, "/a%2Fb/oauth2/v2.0/token");
  assertEquals(Object.fromEntries(new URLSearchParams(body)), {
    grant_type: "client_credentials",
    client_id: "client",
    client_secret: "s&cret=",
    scope: "https://cognitiveservices.azure.com/.default",
  });
});

Deno.test("F1: a managed identity's token is asked of the metadata server", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond(`{"access_token":"eyJ1","expires_in":"86399"}`)
  );
  const metadataHost = new URL(upstream.url()).host;
  const fetch = entraTokens({ clientId: "id", metadataHost });
  assertEquals((await fetch(signal)).token, "eyJ1");
  const { path, headers } = upstream.requests[0]!;
  assertEquals(
    path,
    "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=id",
  );
  assertEquals(headers.get("metadata"), "true");
});
