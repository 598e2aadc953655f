import { type AuditEntry, AuditLog } from "./audit_log.ts";
import type { RequestContext } from "./endpoints.ts";

/** Notes what an admin has changed. */
export async function noteChange(
  { gateway, record }: RequestContext,
  change: Omit<AuditEntry, "actor">,
): Promise<void> {
  const audit = new AuditLog(gateway.state, gateway.logger);
  await audit.add({ actor: record.key ?? "unknown", ...change });
}
