import { assertEquals } from "@std/assert";
import type { Usage } from "@llm-proxy/core";
import type { Accounts } from "./accounts.ts";
import { AttemptTrace } from "./attempt_trace.ts";
import { Payment } from "./payment.ts";
import { RequestAccount } from "./request_account.ts";

Deno.test("A4: RequestAccount sets nothing more aside for an attempt that ends while the store is asked", async () => {
  let held = 0;
  const hold = () => {
    held++;
    return { charges: [], settle: () => void held-- };
  };
  const asked = Promise.withResolvers<void>();
  const accounts = {
    budgets: { prepare: () => asked.promise, take: hold },
    compare: () => {},
  } as unknown as Accounts;
  const record = { route: "/v1/realtime" } as ConstructorParameters<
    typeof RequestAccount
  >[1]["record"];
  const account = new RequestAccount(accounts, {
    record,
    subject: { role: "client" },
  });
  const usage = { input: 5, output: 5, total: 10, details: { cost: 1 } };
  const trace = new AttemptTrace(
    { provider: {}, model: "m" } as ConstructorParameters<
      typeof AttemptTrace
    >[0],
  );
  const payment = new Payment({
    priced: {} as Payment["priced"],
    trustsReport: true,
    letters: 0,
  });
  payment.hold({ ok: true, ...hold() }, 1);
  trace.payment = payment;
  const extending = account.extend(trace, usage as unknown as Usage);
  account.ended(trace, { wasLeft: false });
  asked.resolve();
  await extending;
  assertEquals(held, 0);
});
