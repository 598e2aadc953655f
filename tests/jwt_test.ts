// Tokens of an OpenID Connect provider, from a real issuer on a port of its own.
import { parseConfig } from "@llm-proxy/api";
import { MemoryStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";
import * as jose from "jose";
import { KeySet } from "../api/_key_set.ts";
import { JwtBearers } from "../api/jwt_bearers.ts";
import { permissionFlags } from "../api/_permissions.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";
import { until } from "../logging/_test_wait.ts";

const ISSUER = "https://id.example/realms/a";
const KEY = "cfg-key-4Tq8Lm2Xz9";

/** Makes tokens, and publishes what they are checked by. */
class Issuer implements AsyncDisposable {
  readonly url: string;
  /** How often the keys were read. */
  reads = 0;
  isDown = false;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #published: jose.JWK[] = [];

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => {
        this.reads++;
        return this.isDown
          ? new Response("down", { status: 500 })
          : Response.json({ keys: this.#published });
      },
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}/jwks`;
  }

  /** Signs with a new key from now on; it is published unless told. */
  async key(
    kid: string | undefined,
    { alg = "ES256", isPublished = true }: {
      readonly alg?: string;
      readonly isPublished?: boolean;
    } = {},
  ): Promise<Sign> {
    const pair = await jose.generateKeyPair(alg, { extractable: true });
    const jwk = await jose.exportJWK(pair.publicKey);
    if (isPublished) this.publish({ ...jwk, ...(kid && { kid }) });
    return (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      return new jose.SignJWT({
        iss: ISSUER,
        aud: "gw",
        sub: "alice",
        team: "red",
        exp: now + 600,
        ...claims,
      }).setProtectedHeader({ alg, ...(kid && { kid }), ...header })
        .sign(pair.privateKey);
    };
  }

  publish(...keys: readonly jose.JWK[]): void {
    this.#published.push(...keys);
  }

  clear(): void {
    this.#published.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

type Sign = (
  claims?: jose.JWTPayload,
  header?: Partial<jose.JWTHeaderParameters>,
) => Promise<string>;

function start(issuer: Issuer, more = ""): Promise<TestGateway> {
  return startGateway(
    `
auth:
  api_keys: [{name: cfg, key: ${KEY}}]
  jwt:
    issuer: ${ISSUER}
    audience: [gw, gw-2]
    jwks_url: ${issuer.url}
    clock_tolerance: 0
    claims: {team: team, role: realm.roles}
    roles: {boss: operator, root: admin}
    ${more}
providers: [{type: mock, models: [echo]}]
`,
    undefined,
    undefined,
    { state: new MemoryStateStore() },
  );
}

async function status(
  { url }: TestGateway,
  token: string,
  path = "/v1/models",
): Promise<number> {
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("a token is as good as a key: who it is counts by its claims, and its role by the config", async () => {
  await using issuer = new Issuer();
  const sign = await issuer.key("one");
  const gateway = await start(issuer);
  const token = await sign();
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `bearer ${token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      model: "mock/echo",
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertEquals(gateway.log.at(-1)?.key, "jwt:alice");
  assertEquals(await status(gateway, token, "/v1/config/status"), 403);
  const of = (realm: unknown): Promise<string> => sign({ realm });
  for (
    const [realm, expected] of [
      [{ roles: ["x", "boss"] }, 200],
      [{ roles: "root" }, 200],
      [{ roles: ["operator", "constructor", "admin"] }, 403],
      ["root", 403],
    ] as const
  ) {
    const at = "/v1/config/status";
    assertEquals(await status(gateway, await of(realm), at), expected);
  }
  // One look at the issuer for all of them, and none for a key of the config.
  assertEquals(issuer.reads, 1);
  assertEquals(await status(gateway, KEY), 200);
  assert(!gateway.lines.join().includes(token.slice(20)));
  await gateway.close();
});

Deno.test("X1: no token gets in that is not signed by the issuer, for this audience, in its time", async () => {
  await using issuer = new Issuer();
  const sign = await issuer.key("one");
  const rsa = await issuer.key("rsa", { alg: "RS256" });
  const foreign = await issuer.key("one", { isPublished: false });
  // A secret among the published keys is everybody's.
  const secret = crypto.getRandomValues(new Uint8Array(32));
  issuer.publish({
    kty: "oct",
    kid: "oct",
    alg: "HS256",
    k: secret.toBase64(),
  });
  const gateway = await start(issuer);
  const now = Math.floor(Date.now() / 1_000);
  const good = await sign();
  assertEquals(await status(gateway, good), 200);
  assertEquals(await status(gateway, await rsa()), 200);
  const [head = "", body = "", signature = ""] = good.split(".");
  const encode = (value: unknown): string =>
    jose.base64url.encode(JSON.stringify(value));
  const hs = (key: Uint8Array, kid: string): Promise<string> =>
    new jose.SignJWT({ iss: ISSUER, aud: "gw", sub: "eve", team: "red" })
      .setExpirationTime("1h").setProtectedHeader({ alg: "HS256", kid })
      .sign(key);
  const spki = new TextEncoder().encode(
    await jose.exportSPKI((await jose.generateKeyPair("RS256")).publicKey),
  );
  const own = await jose.generateKeyPair("ES256", { extractable: true });
  const bad: Readonly<Record<string, string>> = {
    "another issuer": await sign({ iss: `${ISSUER}/` }),
    "another audience": await sign({ aud: "other" }),
    "no audience": await sign({ aud: [] }),
    "over": await sign({ exp: now - 1 }),
    "not begun": await sign({ nbf: now + 600 }),
    "without an end": await sign({ exp: undefined as unknown as number }),
    "without a subject": await sign({ sub: undefined as unknown as string }),
    "a subject of two lines": await sign({ sub: "a\nb" }),
    "without its team": await sign({ team: 7 }),
    "a key of somebody else": await foreign(),
    "a key that it brings": await new jose.SignJWT({
      iss: ISSUER,
      aud: "gw",
      sub: "eve",
      team: "red",
    }).setExpirationTime("1h").setProtectedHeader({
      alg: "ES256",
      jwk: await jose.exportJWK(own.publicKey),
    }).sign(own.privateKey),
    "none": `${encode({ alg: "none" })}.${body}.`,
    "none with a signature": `${encode({ alg: "none" })}.${body}.${signature}`,
    "HS256 by a published secret": await hs(secret, "oct"),
    "HS256 by a public key": await hs(spki, "rsa"),
    "cut": good.slice(0, -4),
    "changed": `${head}.${encode({ sub: "root", exp: now + 9 })}.${signature}`,
    "a critical header": await sign({}, { crit: ["x"], x: 1 }).catch(() =>
      `${
        encode({ alg: "ES256", kid: "one", crit: ["x"], x: 1 })
      }.${body}.${signature}`
    ),
    "large": `${head}.${"e".repeat(20_000)}.${signature}`,
  };
  for (const [what, token] of Object.entries(bad)) {
    assertEquals(await status(gateway, token), 401, what);
    // Not the second time either.
    assertEquals(await status(gateway, token), 401, what);
  }
  assertEquals(issuer.reads, 1);
  await gateway.close();
});

Deno.test("a token that was good ends at its exp", async () => {
  await using issuer = new Issuer();
  const sign = await issuer.key("one");
  const gateway = await start(issuer);
  const { now } = Date;
  const token = await sign({ exp: Math.floor(now() / 1_000) + 300 });
  assertEquals(await status(gateway, token), 200);
  try {
    Date.now = () => now() + 300_000;
    assertEquals(await status(gateway, token), 401);
  } finally {
    Date.now = now;
  }
  await gateway.close();
});

Deno.test("the issuer's keys rotate: new ones are found, those that are gone let nobody in, and nobody makes it asked for each token", async () => {
  await using issuer = new Issuer();
  let now = 0;
  const logger = new StructuredLogger({ level: "error" });
  const keys = new KeySet(issuer.url, { logger, now: () => now });
  let changes = 0;
  keys.onChange = () => void changes++;
  const one = await issuer.key("one");
  const check = async (token: string): Promise<boolean> => {
    try {
      await jose.jwtVerify(token, await keys.current());
      return true;
    } catch {
      return false;
    }
  };
  const [first, fresh] = await Promise.all([check(await one()), keys.renew()]);
  assertEquals([first, fresh, issuer.reads], [true, true, 1]);
  issuer.clear();
  const two = await issuer.key("two");
  assertEquals(await keys.renew(), undefined);
  assertEquals(await check(await two()), false);
  now += 10_001;
  assertEquals(await keys.renew(), true);
  assertEquals([issuer.reads, changes], [2, 1]);
  assertEquals([await check(await one()), await check(await two())], [
    false,
    true,
  ]);
  // Down: what is known counts for a day.
  issuer.isDown = true;
  now += 600_001;
  assertEquals(await check(await two()), true);
  now += 86_400_001;
  assertEquals(await check(await two()), false);
  await logger.close();
});

Deno.test("a token that is known ends with the issuer's key that signed it, though nobody brings another token", async () => {
  await using issuer = new Issuer();
  let now = Date.now();
  const logger = new StructuredLogger({ level: "error" });
  const bearers = new JwtBearers({
    issuer: ISSUER,
    audience: ["gw"],
    jwks_url: issuer.url,
    clock_tolerance: 0,
    algorithms: ["ES256"],
    claims: { user: "sub" },
    roles: {},
  }, { logger, now: () => now });
  const sign = await issuer.key("one");
  const token = await sign({ exp: Math.floor(now / 1_000) + 10 * 86_400 });
  await bearers.learn(token);
  assertEquals(bearers.find(token)?.subject.user, "alice");
  // Withdrawn: noticed by who is known alone.
  issuer.clear();
  await issuer.key("two");
  now += 600_001;
  bearers.find(token);
  await until(() => bearers.find(token) === undefined, "the token ends");
  assertEquals(issuer.reads, 2);
  // Out of reach for more than a day: nobody can tell whether it is good.
  const other = await issuer.key("three");
  now += 10_001;
  const late = await other({ exp: Math.floor(now / 1_000) + 10 * 86_400 });
  await bearers.learn(late);
  assertEquals(bearers.find(late)?.subject.user, "alice");
  issuer.isDown = true;
  now += 86_400_001;
  assertEquals(bearers.find(late), undefined);
  await logger.close();
});

Deno.test("S5: the issuer's keys are asked for though the clock was set back", async () => {
  await using issuer = new Issuer();
  let now = Date.now();
  const logger = new StructuredLogger({ level: "error" });
  const keys = new KeySet(issuer.url, { logger, now: () => now });
  await issuer.key("one");
  await keys.current();
  now -= 3_600_000;
  assertEquals(await keys.renew(), true);
  assertEquals(issuer.reads, 2);
  assertEquals(await keys.renew(), undefined);
  await logger.close();
});

Deno.test("S7: while the issuer cannot be reached tokens get 503, not 401, and keys of the config are let in", async () => {
  await using issuer = new Issuer();
  const sign = await issuer.key(undefined);
  await issuer.key(undefined);
  issuer.isDown = true;
  const down = await start(issuer);
  assertEquals(await status(down, await sign()), 503);
  assertEquals(await status(down, "eyJhbGciOi.no-token"), 401);
  assertEquals(await status(down, KEY), 200);
  // A token of somebody else's beside a key.
  const both = await fetch(`${down.url}/v1/models`, {
    headers: {
      authorization: `Bearer ${await sign()}`,
      "x-api-key": KEY,
    },
  });
  await both.body?.cancel();
  assertEquals(both.status, 200);
  await down.close();
  issuer.isDown = false;
  // Without a kid each of the keys is tried.
  const up = await start(issuer);
  assertEquals(await status(up, await sign()), 200);
  await up.close();
});

Deno.test("a gateway that takes tokens lets nobody in without one", async () => {
  await using issuer = new Issuer();
  const gateway = await startGateway(
    `auth: {jwt: {issuer: a, audience: b, jwks_url: "${issuer.url}"}}\nproviders: [{type: mock}]\n`,
  );
  assertEquals(await status(gateway, "x"), 401);
  await gateway.close();
  const open = parseConfig(
    `auth: {jwt: {issuer: a, audience: b, jwks_url: "${issuer.url}"}}\nserver: {host: 0.0.0.0}\n`,
    { file: "a.yaml", env: () => undefined },
  );
  assertEquals(open.ok, true);
});

Deno.test("auth.jwt takes no algorithm by which who checks a token could make one", () => {
  for (const algorithm of ["HS256", "none", "dir"]) {
    const result = parseConfig(
      `auth: {jwt: {issuer: a, audience: b, jwks_url: "https://a.example/k", algorithms: [${algorithm}]}}`,
      { file: "a.yaml", env: () => undefined },
    );
    assert(!result.ok);
    assertEquals(result.faults[0]?.path, "auth.jwt.algorithms[0]");
  }
});

Deno.test("X19: the permissions that a config needs let it reach the issuer's keys", () => {
  const result = parseConfig(
    `auth: {jwt: {issuer: a, audience: b, jwks_url: "https://id.example/keys"}}\nproviders: [{type: mock}]\n`,
    { file: "a.yaml", env: () => undefined },
  );
  assert(result.ok);
  const [net = ""] = permissionFlags(result.config, {
    writes: [],
    sockets: [],
  });
  assertEquals(net, "--allow-net=127.0.0.1:8000,id.example:443");
});
