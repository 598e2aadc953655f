import { type AuditEntry, AuditLog } from "./audit_log.ts";
import type { Route } from "./dispatch.ts";
import type { RequestContext } from "./endpoints.ts";

/** Notes what an admin has changed. */
export async function noteChange(
  { gateway, record }: RequestContext,
  change: Omit<AuditEntry, "actor">,
): Promise<void> {
  const audit = new AuditLog(gateway.state, gateway.logger);
  await audit.add({ actor: record.key ?? "unknown", ...change });
}

/** Does something, and notes that it was done. */
export function noted(
  action: string,
  handle: Route["handle"],
): Route["handle"] {
  return async (context: RequestContext): Promise<void> => {
    await handle(context);
    await noteChange(context, { action, target: "" });
  };
}
