import { MemoryStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { KeyRing } from "./authenticate.ts";
import { parseConfig } from "./config.ts";
import type { Exchange } from "./exchange.ts";
import { JwtBearers } from "./jwt_bearers.ts";
import { StoredKeys } from "./stored_keys.ts";

/** What a check costs, which is to be 3 µs at most. */
const CONFIGURED = "cfg-Zu2Rq8TnVw4yBd6F";
const state = new MemoryStateStore();
const logger = new StructuredLogger({ level: "error" });
const stored = new StoredKeys({
  state,
  logger,
  isFollowed: false,
});
let secret = "";
for (let at = 0; at < 1_000; at++) {
  ({ secret } = await stored.store.create({
    name: `k${at}`,
    models: ["gpt-*", "claude-*"],
    routes: ["/v1/*"],
    ips: ["10.0.0.0/8", "127.0.0.1"],
  }));
}
await stored.refresh();
const ring = new KeyRing([{ name: "c", key: CONFIGURED }], { keys: stored });

/** A ring that takes tokens, and one that it knows. */
const issuer = "https://id.example";
const { privateKey, publicKey } = await generateKeyPair("ES256");
const jwk = { ...await exportJWK(publicKey), kid: "one" };
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  () => Response.json({ keys: [jwk] }),
);
const config = parseConfig(
  `auth: {jwt: {issuer: "${issuer}", audience: gw, jwks_url: "http://127.0.0.1:${server.addr.port}/"}}`,
  { file: "x.yaml", env: () => undefined },
);
if (!config.ok || config.config.auth.jwt === undefined) throw new Error("no");
const bearers = new JwtBearers(config.config.auth.jwt, { logger });
const token = await new SignJWT({ iss: issuer, aud: "gw", sub: "alice" })
  .setExpirationTime("1h").setProtectedHeader({ alg: "ES256", kid: "one" })
  .sign(privateKey);
const tokens = new KeyRing([], { bearers });
await tokens.prepare(withKey(token));
await server.shutdown();

function withKey(key: string): Exchange {
  const headers = new Map([["authorization", `Bearer ${key}`]]);
  return {
    address: "127.0.0.1",
    header: (name: string) => headers.get(name),
  } as Exchange;
}

const configured = withKey(CONFIGURED);
const issued = withKey(secret);
const bearer = withKey(token);

Deno.bench("a key of the config", () => {
  ring.check(configured);
});

Deno.bench("a stored key, of 1,000", () => {
  ring.check(issued);
});

Deno.bench("a token that is known", () => {
  tokens.prepare(bearer);
  tokens.check(bearer);
});

Deno.bench("a stored key with its routes, addresses and models", () => {
  const access = ring.check(issued);
  access?.checkRoute({ path: "/v1/chat/completions" }, issued);
  access?.checkModel("claude-sonnet-4-5");
});
