import type { BudgetWarning } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";
import { BudgetAlerts } from "./budget_alerts.ts";
import { until } from "../logging/_test_wait.ts";

const WARNING: BudgetWarning = {
  budget: "teams",
  subject: "research",
  share: 0.8,
  spentUsd: 80.5,
  limitUsd: 100,
  resetAt: Date.UTC(2026, 0, 1),
};

/** A webhook that answers with these, the last one for good. */
function startWebhook(statuses: readonly number[]): {
  readonly url: string;
  readonly bodies: string[];
  readonly close: () => Promise<void>;
} {
  const bodies: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      bodies.push(await request.text());
      const status = statuses[Math.min(bodies.length, statuses.length) - 1];
      return new Response(null, {
        status: status ?? 204,
        headers: status === 307 ? { location: "/elsewhere" } : {},
      });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/of-the-address`,
    bodies,
    close: () => server.shutdown(),
  };
}

function makeLogger(): { logger: StructuredLogger; lines: string[] } {
  const lines: string[] = [];
  const logger = new StructuredLogger({
    sink: (line: string) => void lines.push(line),
  });
  return { logger, lines };
}

Deno.test("BudgetAlerts tells what a warning says, the same each time, until it is taken", async () => {
  const webhook = startWebhook([500, 307, 429, 200]);
  const { logger, lines } = makeLogger();
  const alerts = new BudgetAlerts(
    { url: webhook.url, secret: "secret-of-the-webhook" },
    logger,
    { firstWaitMs: 1 },
  );
  alerts.send(WARNING);
  await until(() => webhook.bodies.length === 4);
  assertEquals(new Set(webhook.bodies).size, 1);
  const { id, ...body } = JSON.parse(webhook.bodies[0] ?? "");
  assertEquals(body, {
    type: "budget.warning",
    budget: "teams",
    subject: "research",
    share: 0.8,
    spent_usd: 80.5,
    limit_usd: 100,
    reset_at: "2026-01-01T00:00:00.000Z",
  });
  assertEquals(typeof id, "string");
  alerts.close();
  await webhook.close();
  assertEquals(lines, []);
});

Deno.test("BudgetAlerts gives up after five tries, and says so without the address", async () => {
  const webhook = startWebhook([503]);
  const { logger, lines } = makeLogger();
  const { url } = webhook;
  const alerts = new BudgetAlerts(
    { url, secret: "secret-of-the-webhook" },
    logger,
    {
      firstWaitMs: 1,
    },
  );
  alerts.send(WARNING);
  await until(() => lines.length === 1);
  assertEquals(webhook.bodies.length, 5);
  assert(lines[0]?.includes("503"), lines[0]);
  await webhook.close();
  // Now nobody listens there.
  alerts.send(WARNING);
  await until(() => lines.length === 2);
  assert(!lines.join().includes("of-the-address"), lines[1]);
  assert(!lines.join().includes("secret-of"), lines[1]);
  alerts.close();
});

Deno.test("BudgetAlerts has at most 100 warnings under way, and none once it is closed", async () => {
  const webhook = startWebhook([500]);
  const { logger, lines } = makeLogger();
  const alerts = new BudgetAlerts(
    { url: webhook.url, secret: "secret-of-the-webhook" },
    logger,
    { firstWaitMs: 60_000 },
  );
  for (let n = 0; n < 500; n++) alerts.send(WARNING);
  await until(() => webhook.bodies.length === 100);
  alerts.close();
  await webhook.close();
  assertEquals(webhook.bodies.length, 100);
  assertEquals(lines, []);
});

Deno.test("BudgetAlerts tries on at another address where the config has changed meanwhile", async () => {
  const gone = startWebhook([500]);
  const webhook = startWebhook([200]);
  const { logger, lines } = makeLogger();
  const secret = "secret-of-the-webhook";
  const alerts = new BudgetAlerts({ url: gone.url, secret }, logger, {
    firstWaitMs: 50,
  });
  alerts.send(WARNING);
  await until(() => gone.bodies.length === 1);
  alerts.adopt({ url: webhook.url, secret });
  await until(() => webhook.bodies.length === 1);
  assertEquals(webhook.bodies, gone.bodies.slice(0, 1));
  alerts.close();
  await gone.close();
  await webhook.close();
  assertEquals(lines, []);
});
