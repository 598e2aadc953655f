import { GatewayError } from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";

/**
 * Lets nobody through but admins; without keys whoever is on the machine is one.
 *
 * @throws {GatewayError} 403 `insufficient_permissions`.
 */
export function requireAdmin(
  { gateway, record }: Pick<RequestContext, "gateway" | "record">,
): void {
  if (gateway.accounts.subjects.of(record.key).isAdmin) return;
  throw new GatewayError("permission", "This needs the key of an admin", {
    code: "insufficient_permissions",
  });
}
