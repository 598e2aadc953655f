// Feature flags that are switched while gateways run.
import { createApp, listen, parseConfig } from "@llm-proxy/api";
import { MemoryStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";

const KEY = "cfg-operator-Zu2Rq8TnVw4yBd6F";
const YAML = `
providers: [{type: mock, name: a, models: [echo]}, {type: mock, name: b, models: [echo]}]
server: {admin: {port: 0}}
auth:
  api_keys:
    - {name: op, key: ${KEY}, role: operator, team: core}
feature_flags: {canary: false}
routes:
  - match: m
    targets: [a/echo]
    arms: [{name: canary, share: 1, flag: canary, targets: [b/echo]}]
`;

class Rig implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #closing = new AsyncDisposableStack();
  url = "";
  admin = "";

  static async start(state: MemoryStateStore, yaml = YAML): Promise<Rig> {
    const rig = new Rig();
    const parsed = parseConfig(yaml, { file: "a.yaml", env: () => undefined });
    assert(parsed.ok);
    const logger = new StructuredLogger({
      level: "info",
      format: "json",
      sink: (text: string) => void rig.lines.push(text),
    });
    const app = createApp(parsed.config, { logger, state });
    rig.#closing.defer(() => logger.close());
    rig.#closing.defer(() => app.close());
    for (const it of ["url", "admin"] as const) {
      const served = it === "url" ? app : app.admin;
      const listener = await listen(served, {
        ...parsed.config.server,
        port: 0,
      });
      rig.#closing.defer(() => listener.close());
      rig[it] = listener.url;
    }
    return rig;
  }

  async switch(method: "PUT" | "DELETE" | "GET", value?: unknown) {
    const path = method === "GET" ? "" : "/canary";
    const response = await fetch(`${this.admin}/admin/flags${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        "content-type": "application/json",
      },
      ...(method === "PUT" && { body: JSON.stringify({ value }) }),
    });
    return { status: response.status, body: await response.json() };
  }

  /** The provider that a request goes to. */
  async provider(): Promise<string> {
    const response = await fetch(`${this.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${KEY}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        model: "m",
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    await response.body?.cancel();
    assertEquals(response.status, 200);
    return response.headers.get("x-llm-proxy-provider") ?? "";
  }

  async comesTo(provider: string): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (await this.provider() !== provider) {
      assert(performance.now() < deadline, `never came to ${provider}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  get changes(): number {
    return this.lines.filter((line) =>
      line.includes("a feature flag has changed")
    ).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closing.disposeAsync();
  }
}

Deno.test("feature flags: a flag that is switched is so in every process with one state, over restarts, until it is taken back", async () => {
  const state = new MemoryStateStore();
  await using one = await Rig.start(state);
  {
    await using other = await Rig.start(state);
    assertEquals([await one.provider(), await other.provider()], ["a", "a"]);
    const before = [one.changes, other.changes];
    const { status, body } = await one.switch("PUT", {
      rules: [{ teams: ["core"], routes: ["/v1/chat/completions"] }],
    });
    assertEquals([status, body.name], [200, "canary"]);
    assertEquals(await one.provider(), "b");
    await other.comesTo("b");
    assertEquals(
      [one.changes, other.changes],
      before.map((count) => count + 1),
    );
    assertEquals((await one.switch("GET")).body.switched, ["canary"]);
  }
  await using again = await Rig.start(state);
  await again.comesTo("b");
  assertEquals((await again.switch("DELETE")).body.value, false);
  assertEquals(await again.provider(), "a");
  await one.comesTo("a");
  assertEquals((await again.switch("PUT", { share: 7 })).status, 400);
  await state.close();
});
