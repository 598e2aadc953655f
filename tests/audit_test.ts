// Who may do what to the gateway, and that each change is noted.
import { type App, createApp, parseConfig } from "@llm-proxy/api";
import {
  MemoryStateStore,
  type StateBatch,
  type StateCommit,
  type StateEntry,
  StateError,
  type StateKey,
} from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import { ADMIN_ROUTES } from "../api/admin_routes.ts";
import { AuditLog } from "../api/audit_log.ts";
import { PUBLIC_ROUTES } from "../api/public_routes.ts";
import { type Role, ROLES } from "../api/role.ts";

const YAML = `
providers: [{type: mock, models: [echo]}]
auth:
  api_keys:
${
  ROLES.map((role) =>
    `    - {name: my-${role}, key: ${keyOf(role)}, role: ${role}}`
  ).join("\n")
}
`;

/** The least role for each route that is more than a caller's, told once more. */
const NEEDED: Readonly<Record<Exclude<Role, "client">, readonly string[]>> = {
  viewer: [
    "GET /admin/keys",
    "GET /admin/keys/:id",
    "GET /admin/usage",
    "GET /admin/usage/export",
    "GET /admin/logs",
    "GET /admin/deployments",
    "GET /admin/flags",
    "GET /admin/config/status",
    "GET /admin/budgets",
    "GET /admin/openapi.json",
  ],
  operator: [
    "POST /admin/deployments/drain",
    "POST /admin/deployments/enable",
    "POST /admin/deployments/reset",
    "PUT /admin/flags/:name",
    "DELETE /admin/flags/:name",
    "POST /admin/config/reload",
    "POST /admin/explain",
    "POST /admin/cache/invalidate",
    "GET /admin/audit",
    "GET /v1/config/status",
    "POST /v1/config/reload",
    "POST /v1/config/invalidate-cache",
    "POST /v1/models/refresh",
    "POST /v1/providers/:name/models/refresh",
    "PUT /v1/providers/:name/model_selection",
  ],
  admin: [
    "POST /admin/keys",
    "PUT /admin/keys/:id",
    "DELETE /admin/keys/:id",
    "POST /admin/keys/:id/rotate",
  ],
};

function keyOf(role: Role): string {
  return `cfg-${role}-Zu2Rq8TnVw4yBd6F`;
}

interface Asked {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- the wire's JSON
  readonly body: any;
}

type Ask = (
  at: string,
  more?: {
    readonly role?: Role;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    readonly origin?: string;
  },
) => Promise<Asked>;

async function withApp(
  use: (ask: Ask, app: App) => Promise<void>,
  state = new MemoryStateStore(),
): Promise<void> {
  const parsed = parseConfig(YAML, { file: "a.yaml", env: () => undefined });
  assert(parsed.ok);
  const controls = {
    config: {
      status: {} as never,
      reload: () => Promise.resolve({ ok: true } as never),
    },
  };
  const app = createApp(parsed.config, { state, controls });
  const ask: Ask = async (at, more = {}) => {
    const { role = "admin", body, headers, origin = "http://localhost" } = more;
    const [method = "", path = ""] = at.split(" ");
    const surface = path.startsWith("/admin") ? app.admin : app;
    const hasBody = method === "POST" || method === "PUT";
    const response = await surface.fetch(
      new Request(origin + path, {
        method,
        headers: {
          "x-api-key": keyOf(role),
          ...hasBody && { "content-type": "application/json" },
          ...headers,
        },
        ...hasBody && { body: JSON.stringify(body ?? {}) },
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      body: text.startsWith("{") ? JSON.parse(text) : text,
    };
  };
  try {
    await use(ask, app);
  } finally {
    await app.close();
    await state.close();
  }
}

Deno.test("X2: every route lets in the roles that it is for, by a table of its own", async () => {
  await withApp(async (ask) => {
    const routes = [...ADMIN_ROUTES, ...PUBLIC_ROUTES];
    const told = new Map(
      Object.entries(NEEDED).flatMap(([role, list]) =>
        list.map((route) => [route, role as Role] as const)
      ),
    );
    const known = routes.map(({ method, path }) => `${method} ${path}`);
    assertEquals([...told.keys()].filter((it) => !known.includes(it)), []);
    for (const route of known) {
      const needed = told.get(route) ?? "client";
      if (needed === "client") {
        assert(!route.includes(" /admin"), route);
        const found = routes.find(({ method, path }) =>
          `${method} ${path}` === route
        );
        assertEquals(found?.needs ?? "client", "client", route);
        continue;
      }
      const at = route.replace(/:\w+/, "none");
      for (const role of ROLES) {
        const { status, body } = await ask(at, { role });
        const isRefused = body.error?.code === "insufficient_permissions";
        const should = ROLES.indexOf(role) < ROLES.indexOf(needed);
        assertEquals(isRefused, should, `${route} ${role}`);
        assertEquals(isRefused, status === 403, `${route} ${role}`);
      }
    }
  });
});

Deno.test("X2: nobody is given a role, a budget or a key's inner fields by writing them somewhere", async () => {
  await withApp(async (ask) => {
    const made = await ask("POST /admin/keys", { body: { name: "a" } });
    const { id, role } = made.body;
    assertEquals([made.status, role], [200, undefined]);
    for (
      const body of [
        { id: "key_000000000000000000000000" },
        { digest: "x".repeat(43) },
        { hint: "abcd" },
        { created_at: 1 },
        { previous: null },
        { role: "root" },
        { __proto__: { role: "admin" }, roles: ["admin"] },
        { budget: { limit: -1, period: "day" } },
        { name: null },
      ]
    ) {
      const changed = await ask(`PUT /admin/keys/${id}`, { body });
      const isNothing = Object.keys(body).length === 0;
      assertEquals(changed.status, isNothing ? 200 : 400, JSON.stringify(body));
    }
    const { body } = await ask(`GET /admin/keys/${id}`);
    assertEquals([body.id, body.role], [id, undefined]);
  });
});

Deno.test("every change of an admin is in the audit log, with who made it, to what, and how it was before", async () => {
  await withApp(async (ask) => {
    const { body: key } = await ask("POST /admin/keys", {
      body: { name: "a" },
    });
    const deployment = { id: "mock/echo" };
    /** What is asked, and what the audit says of it. */
    const changes: readonly (readonly [string, unknown, string, string])[] = [
      ["POST /admin/keys/:id/rotate", {}, "keys.rotate", key.id],
      ["PUT /admin/keys/:id", { team: "t" }, "keys.change", key.id],
      ["DELETE /admin/keys/:id", undefined, "keys.delete", key.id],
      [
        "POST /admin/deployments/drain",
        deployment,
        "deployments.drain",
        "mock/echo",
      ],
      [
        "POST /admin/deployments/enable",
        deployment,
        "deployments.enable",
        "mock/echo",
      ],
      [
        "POST /admin/deployments/reset",
        deployment,
        "deployments.reset",
        "mock/echo",
      ],
      ["PUT /admin/flags/:name", { value: true }, "flags.put", "new"],
      ["DELETE /admin/flags/:name", undefined, "flags.delete", "new"],
      ["POST /admin/config/reload", {}, "config.reload", ""],
      ["POST /v1/config/reload", {}, "config.reload", ""],
      ["POST /admin/cache/invalidate", {}, "cache.invalidate", ""],
      ["POST /v1/config/invalidate-cache", {}, "cache.invalidate", ""],
      [
        "PUT /v1/providers/:name/model_selection",
        { selected_model: "echo" },
        "model_selection.put",
        "mock",
      ],
    ];
    for (const [route, body, action, target] of changes) {
      const name = route.includes("providers") ? "mock" : "new";
      const at = route.replace(":id", key.id).replace(":name", name);
      const { status } = await ask(at, { body });
      assertEquals(status, 200, route);
      const { body: audit } = await ask("GET /admin/audit");
      const [row] = audit.data;
      assertEquals([row.actor, row.action, row.target], [
        "my-admin",
        action,
        target,
      ], route);
      assert(Math.abs(Date.parse(row.at) - Date.now()) < 60_000);
    }
    // Whatever else changes nothing, or is noted above.
    const noted = [...changes.map(([route]) => route), "POST /admin/keys"];
    const others = [...ADMIN_ROUTES, ...PUBLIC_ROUTES]
      .filter(({ needs, method }) => needs !== undefined && method !== "GET")
      .map(({ method, path }) => `${method} ${path}`)
      .filter((it) => !noted.includes(it));
    assertEquals(others.sort(), [
      "POST /admin/explain",
      "POST /v1/models/refresh",
      "POST /v1/providers/:name/models/refresh",
    ]);
    const { body: audit } = await ask("GET /admin/audit");
    const text = JSON.stringify(audit);
    assert(!text.includes(key.key) && !text.includes("digest"));
    const numbers = audit.data.map(({ number }: { number: number }) => number);
    assertEquals(numbers, numbers.toSorted((a: number, b: number) => b - a));
    const change = audit.data.find(({ action }: { action: string }) =>
      action === "keys.change"
    );
    assertEquals([change.before.team, change.after.team], [undefined, "t"]);
  });
});

Deno.test("X14: admins are served by this machine's names alone, and not to pages of other sites", async () => {
  await withApp(async (ask) => {
    for (
      const origin of [
        "http://rebound.example",
        "http://localhost.evil.example",
        "http://10.0.0.1:8001",
      ]
    ) {
      const { status, body } = await ask("GET /admin/keys", { origin });
      assertEquals([status, body.error.code], [403, "host_not_allowed"]);
    }
    for (
      const headers of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
      ]
    ) {
      for (const at of ["GET /admin/keys", "POST /admin/config/reload"]) {
        const { status, body } = await ask(at, { headers });
        assertEquals([status, body.error.code], [403, "cross_site_request"]);
      }
    }
    const own = { origin: "http://127.0.0.1:8001" };
    assertEquals((await ask("GET /admin/keys", { headers: own })).status, 200);
  });
});

Deno.test("the audit log keeps the changes of many who change at once", async () => {
  const state = new MemoryStateStore();
  const logs = Array.from({ length: 60 }, () => new AuditLog(state));
  await Promise.all(
    logs.map((log, at) =>
      log.add({ actor: `a${at}`, action: "x", target: "" })
    ),
  );
  const rows = await new AuditLog(state).list();
  assertEquals(new Set(rows.map(({ actor }) => actor)).size, 60);
  assertEquals(rows.map(({ number }) => number).sort((a, b) => a - b)[59], 59);
  await state.close();
});

/** A store that tells what it writes, and may fail. */
class ToldStore extends MemoryStateStore {
  readonly batches: StateBatch[] = [];
  fails = false;

  override commit(batch: StateBatch): Promise<StateCommit> {
    if (this.fails) {
      return Promise.reject(new StateError("unavailable", "It is gone"));
    }
    this.batches.push(batch);
    return super.commit(batch);
  }
}

function writesOf(batch: StateBatch, root: string): number {
  return batch.writes.filter(({ key: [first, second] }) =>
    first === root && second !== "pepper"
  ).length;
}

Deno.test("a change of the state and its audit entry are one batch: neither is there without the other", async () => {
  const state = new ToldStore();
  await withApp(async (ask) => {
    const { body: key } = await ask("POST /admin/keys", {
      body: { name: "a" },
    });
    const changes = [
      [`POST /admin/keys/${key.id}/rotate`, {}, "keys"],
      [`PUT /admin/keys/${key.id}`, { team: "t" }, "keys"],
      ["POST /admin/deployments/drain", { id: "mock/echo" }, "deployments"],
      ["PUT /admin/flags/new", { value: true }, "flags"],
      [
        "PUT /v1/providers/mock/model_selection",
        { selected_model: "echo" },
        "model_selection",
      ],
      [`DELETE /admin/keys/${key.id}`, undefined, "keys"],
    ] as const;
    for (const [at, body, root] of changes) {
      const noted = async (): Promise<number> =>
        (await new AuditLog(state).list()).length;
      const before = await noted();
      const rows = JSON.stringify(
        [...state.writes()].filter(({ key }) => key[0] === root),
      );
      state.fails = true;
      const { status, body: refused } = await ask(at, { body });
      assertEquals([status, refused.error.code], [503, "state_unavailable"]);
      state.fails = false;
      const after = [...state.writes()].filter(({ key }) => key[0] === root);
      assertEquals([await noted(), JSON.stringify(after)], [before, rows]);

      state.batches.length = 0;
      assertEquals((await ask(at, { body })).status, 200, at);
      const batches = state.batches.filter((it) => writesOf(it, root) > 0);
      assertEquals(batches.map((it) => writesOf(it, "audit")), [2], at);
      assertEquals(await noted(), before + 1);
    }
  }, state);
});

Deno.test("a change that comes too late is neither made nor noted", async () => {
  const state = new MemoryStateStore();
  const log = new AuditLog(state);
  const commit = log.committer({ actor: "a", action: "x" });
  await state.commit({ writes: [{ type: "set", key: ["it"], value: 1 }] });
  const batch: StateBatch = {
    checks: [{ key: ["it"], version: null }],
    writes: [{ type: "set", key: ["it"], value: 2 }],
  };
  assertEquals(await commit(batch, { target: "it" }), { ok: false });
  assertEquals((await state.get(["it"]))?.value, 1);
  assertEquals(await log.list(), []);
  await state.close();
});

/** One that can't be read once something was written, until it is told to be. */
class BlindStore extends MemoryStateStore {
  isBlind = false;
  isWatched = false;

  override async commit(batch: StateBatch): Promise<StateCommit> {
    const result = await super.commit(batch);
    const isAudited = batch.writes.some(({ key }) => key[0] === "audit");
    this.isBlind ||= this.isWatched && isAudited;
    return result;
  }

  override get<T>(key: StateKey): Promise<StateEntry<T> | undefined> {
    return this.isBlind
      ? Promise.reject(new StateError("unavailable", "Down"))
      : super.get(key);
  }
}

Deno.test("X2: the secret of a key that was written is told, also where the state can't be read again", async () => {
  const state = new BlindStore();
  await withApp(async (ask) => {
    const made = await ask("POST /admin/keys", { body: { name: "a" } });
    state.isWatched = true;
    const second = await ask("POST /admin/keys", { body: { name: "b" } });
    assertEquals([second.status, typeof second.body.key], [200, "string"]);
    state.isBlind = false;
    const { id } = made.body;
    const rotated = await ask(`POST /admin/keys/${id}/rotate`);
    assertEquals([rotated.status, typeof rotated.body.key], [200, "string"]);
  }, state);
});
