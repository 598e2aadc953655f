// What admins are served: on a listener of its own, and never without a key.
import {
  createApp,
  listen,
  parseConfig,
  type ServerConfig,
} from "@llm-proxy/api";
import { MemoryStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";
import { ADMIN_ROUTES } from "../api/admin_routes.ts";
import { isRoleAtLeast, type Role, ROLES } from "../api/role.ts";

const KEYS: Readonly<Record<Role, string>> = {
  client: "cfg-client-Zu2Rq8TnVw4yBd6F",
  viewer: "cfg-viewer-Zu2Rq8TnVw4yBd6F",
  operator: "cfg-operator-Zu2Rq8TnVw4yBd6F",
  admin: "cfg-admin-Zu2Rq8TnVw4yBd6F",
};
const YAML = `
providers: [{type: mock, models: [echo]}]
server: {admin: {port: 0}}
auth:
  api_keys:
${
  ROLES.map((role) =>
    `    - {name: ${role}, key: ${KEYS[role]}, role: ${role}}`
  )
    .join("\n")
}
`;

interface Rig {
  /** Asks the admin's listener. */
  readonly ask: (
    at: string,
    role?: Role | "",
    more?: { body?: unknown; headers?: Record<string, string> },
  ) => Promise<{ status: number; body: Record<string, unknown> }>;
  readonly url: string;
  readonly adminUrl: string;
  readonly lines: string[];
}

async function withAdmin(
  use: (rig: Rig) => Promise<void>,
  yaml = YAML,
): Promise<void> {
  const parsed = parseConfig(yaml, { file: "a.yaml", env: () => undefined });
  assert(parsed.ok);
  const lines: string[] = [];
  const logger = new StructuredLogger({
    level: "info",
    format: "json",
    sink: (text: string) => void lines.push(text),
  });
  const state = new MemoryStateStore();
  const app = createApp(parsed.config, { logger, state });
  const server: ServerConfig = { ...parsed.config.server, port: 0 };
  const listener = await listen(app, server);
  const admin = await listen(app.admin, server);
  const ask: Rig["ask"] = async (at, role = "admin", more = {}) => {
    const [method = "", path = ""] = at.split(" ");
    const hasBody = method !== "GET" && method !== "DELETE";
    const response = await fetch(admin.url + path, {
      method,
      headers: {
        ...(role !== "" && { authorization: `Bearer ${KEYS[role]}` }),
        ...hasBody && { "content-type": "application/json" },
        ...more.headers,
      },
      ...hasBody && { body: JSON.stringify(more.body ?? {}) },
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text.startsWith("{") ? JSON.parse(text) : {},
    };
  };
  try {
    await use({ ask, url: listener.url, adminUrl: admin.url, lines });
  } finally {
    await admin.close();
    await listener.close();
    await app.close();
    await state.close();
    await logger.close();
  }
}

Deno.test("X2: each admin route lets its role and better ones in, and nobody else", async () => {
  await withAdmin(async ({ ask }) => {
    for (const { method, path, needs = "client" } of ADMIN_ROUTES) {
      const at = `${method} ${path.replace(":id", "x").replace(":name", "x")}`;
      assertEquals((await ask(at, "")).status, 401, at);
      for (const role of ROLES) {
        const { status, body } = await ask(at, role);
        const code = (body.error as { code?: string } | undefined)?.code;
        const isRefused = code === "insufficient_permissions";
        assertEquals(isRefused, !isRoleAtLeast(role, needs), `${at} ${role}`);
        assert(status < 500, `${at} ${role}: ${status}`);
      }
    }
    assertEquals((await ask("GET /admin/nothing", "")).status, 401);
    assertEquals((await ask("GET /admin/nothing")).status, 404);
    assertEquals((await ask("DELETE /admin/usage")).status, 405);
  });
});

Deno.test("X14: the admin surface is not on the public listener, needs a key even where there is none, and serves no page of another site", async () => {
  await withAdmin(async ({ ask, url }) => {
    for (const { method, path } of ADMIN_ROUTES) {
      const response = await fetch(url + path, {
        method,
        headers: { "x-api-key": KEYS.admin },
      });
      await response.body?.cancel();
      assertEquals(response.status, 404, path);
    }
    const headers = { origin: "https://evil.example" };
    const foreign = await ask("GET /admin/keys", "admin", { headers });
    assertEquals(foreign.status, 403);
    const cross = { "sec-fetch-site": "cross-site" };
    const other = await ask("GET /admin/keys", "admin", { headers: cross });
    assertEquals(other.status, 403);
  });
  await withAdmin(async ({ ask }) => {
    assertEquals((await ask("GET /admin/keys", "")).status, 401);
    assertEquals((await ask("GET /admin/keys", "admin")).status, 401);
  }, "providers: [{type: mock}]\n");
});

/** Sends a request as it is written; gives the status. */
async function statusOf(url: string, text: string): Promise<number> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(text));
  const answer = await new Response(connection.readable).text();
  return Number(answer.split(" ")[1]);
}

Deno.test("X14: no spelling of a target and no Host leads from the public listener to the admin surface, and none of a foreign name to the admin's", async () => {
  await withAdmin(async ({ url, adminUrl }) => {
    const lines = (host: string): string =>
      `host: ${host}\r\nx-api-key: ${KEYS.admin}\r\nconnection: close\r\n\r\n`;
    const { host } = new URL(adminUrl);
    for (
      const target of [
        "/admin/keys",
        "//admin/keys",
        "/./admin/keys",
        "/v1/../admin/keys",
        "/v1/%2e%2e/admin/keys",
        "/%61dmin/keys",
        "/ADMIN/keys",
        "/admin%2fkeys",
        "/admin/keys/",
        "/admin/keys?",
        "/admin;/keys",
        "/p/mock/../../admin/keys",
        "/p/mock/..%2f..%2fadmin/keys",
        `http://${host}/admin/keys`,
        `http://${host}@127.0.0.1/admin/keys`,
        `${adminUrl}/admin/keys`,
      ]
    ) {
      for (const named of [host, "localhost", "admin"]) {
        const head = `GET ${target} HTTP/1.1\r\n${lines(named)}`;
        const status = await statusOf(url, head);
        assert(status >= 400 && status < 500, `${target} ${named}: ${status}`);
      }
    }
    const own = "GET /admin/keys HTTP/1.1\r\n";
    assertEquals(await statusOf(adminUrl, own + lines(host)), 200);
    for (
      const rebound of [
        "evil.example",
        `evil.example:${new URL(adminUrl).port}`,
        "127.0.0.1.nip.example",
        "localhost.evil.example",
        "0.0.0.0",
      ]
    ) {
      const status = await statusOf(adminUrl, own + lines(rebound));
      assertEquals(status, 403, rebound);
    }
  });
});

Deno.test("F7: a key that an admin makes works at once, and not at all when it is deleted; the audit tells who did it", async () => {
  await withAdmin(async ({ ask, url, lines }) => {
    const models = async (key: string): Promise<number> => {
      const response = await fetch(`${url}/v1/models`, {
        headers: { "x-api-key": key },
      });
      await response.body?.cancel();
      return response.status;
    };
    const made = await ask("POST /admin/keys", "admin", {
      body: { name: "alice", team: "a", models: ["mock/*"] },
    });
    assertEquals(made.status, 200);
    const { id, key } = made.body as { id: string; key: string };
    assertEquals(await models(key), 200);
    const turned = await ask(`POST /admin/keys/${id}/rotate`);
    const next = turned.body.key as string;
    assertEquals([await models(key), await models(next)], [401, 200]);
    const changed = await ask(`PUT /admin/keys/${id}`, "admin", {
      body: { team: null, disabled: true },
    });
    assertEquals([changed.body.team, changed.body.disabled], [undefined, true]);
    assertEquals(await models(next), 401);
    assertEquals((await ask(`DELETE /admin/keys/${id}`)).body.deleted, true);
    assertEquals((await ask(`GET /admin/keys/${id}`)).status, 404);
    const { body } = await ask("GET /admin/audit");
    const rows = body.data as { action: string; actor: string }[];
    assertEquals(
      rows.map(({ action, actor }) => `${actor} ${action}`),
      ["delete", "change", "rotate", "create"].map((it) => `admin keys.${it}`),
    );
    assert(lines.join().includes(`"keys.rotate"`));
    for (const text of [JSON.stringify(rows), lines.join()]) {
      assert(!text.includes(key.slice(5)) && !text.includes(next.slice(5)));
      assert(!text.includes("digest"));
    }
    const wrong = await ask("POST /admin/keys", "admin", {
      body: { name: "x", id: "key_1", digest: "me" },
    });
    assertEquals(wrong.status, 400);
  });
});

Deno.test("/admin/deployments drains a deployment and enables it again", async () => {
  await withAdmin(async ({ ask, url }) => {
    const chat = async (): Promise<number> => {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-api-key": KEYS.client,
        },
        body: JSON.stringify({
          model: "mock/echo",
          messages: [{ role: "user", content: "hi" }],
        }),
      });
      await response.body?.cancel();
      return response.status;
    };
    const { body } = await ask("GET /admin/deployments");
    const id = "mock/echo";
    const known = body.data as { id: string }[];
    assert(known.some((it) => it.id === id));
    assertEquals(await chat(), 200);
    const drained = await ask("POST /admin/deployments/drain", "operator", {
      body: { id },
    });
    assertEquals([drained.body.drained, drained.body.available], [true, false]);
    assertEquals(await chat(), 503);
    await ask("POST /admin/deployments/enable", "operator", { body: { id } });
    assertEquals(await chat(), 200);
    await ask("POST /admin/deployments/reset", "operator", { body: { id } });
    const flag = await ask("PUT /admin/flags/new", "operator", {
      body: { value: { share: 0.5 } },
    });
    assertEquals(flag.status, 200);
    const { body: shown } = await ask("GET /admin/flags", "viewer");
    assertEquals(Object.keys(shown.flags as object), ["new"]);
    const plan = await ask("POST /admin/explain", "operator", {
      body: {
        model: "mock/echo",
        messages: [{ role: "user", content: "hi" }],
      },
    });
    assertEquals((plan.body.candidates as unknown[]).length, 1);
  });
});

Deno.test("POST /admin/explain tells where this caller's request would go, with its headers, and what there is room for", async () => {
  const yaml = YAML.replace(
    /providers: .*/,
    `routes: [{match: m, strategy: weighted, targets: [one/echo, two/echo], sticky: {header: x-session}}]
providers:
  - {name: one, type: mock, models: [echo, lorem], rate_limit: 100/minute, concurrency: {max: 4}}
  - {name: two, type: mock, models: [echo]}`,
  );
  await withAdmin(async ({ ask, url }) => {
    const messages = [{ role: "user", content: "hi" }];
    const explain = async (
      model: string,
      session = "",
    ): Promise<Record<string, unknown>[]> => {
      const { body, status } = await ask("POST /admin/explain", "operator", {
        body: { model, messages },
        headers: { "x-session": session },
      });
      assertEquals(status, 200, JSON.stringify(body));
      return body.candidates as Record<string, unknown>[];
    };
    const homes = new Set<unknown>();
    let ones = 0;
    for (let i = 0; i < 12; i++) {
      const [first] = await explain("m", `session-${i}`);
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-api-key": KEYS.client,
          "x-session": `session-${i}`,
        },
        body: JSON.stringify({ model: "m", messages }),
      });
      await response.body?.cancel();
      const home = response.headers.get("x-llm-proxy-provider");
      assertEquals(first?.provider, home);
      homes.add(home);
      if (home === "one") ones++;
    }
    assertEquals(homes.size, 2);
    const selection = { selected_model: "lorem" };
    const put = await fetch(`${url}/v1/providers/one/model_selection`, {
      method: "PUT",
      headers: {
        "content-type": "application/json",
        "x-api-key": KEYS.admin,
      },
      body: JSON.stringify(selection),
    });
    assertEquals(put.status, 200, await put.text());
    const [chosen] = await explain("one");
    assertEquals(chosen?.id, "one/lorem");
    assertEquals(chosen?.freeSlots, 4);
    assertEquals(chosen?.accountLimits, [
      { unit: "requests", limit: 100, remaining: 100 - ones },
    ]);
    const [other] = await explain("two/echo");
    assertEquals([other?.freeSlots, other?.accountLimits], [null, []]);
  }, yaml);
});
