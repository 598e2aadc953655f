import { type AuditedCommit, type AuditEntry, AuditLog } from "./audit_log.ts";
import type { RequestContext } from "./endpoints.ts";

/** What writes a change of the state that an admin makes, together with its audit entry. */
export function audited(
  context: RequestContext,
  action: string,
): AuditedCommit {
  return auditOf(context).committer({ actor: actorOf(context), action });
}

/** Notes what an admin has changed that is not in the state. */
export async function noteChange(
  context: RequestContext,
  change: Omit<AuditEntry, "actor">,
): Promise<void> {
  await auditOf(context).add({ actor: actorOf(context), ...change });
}

function auditOf({ gateway }: RequestContext): AuditLog {
  return new AuditLog(gateway.state, gateway.logger);
}

function actorOf({ record }: RequestContext): string {
  return record.key ?? "unknown";
}
