import { noteChange } from "./admin_audit.ts";
import type { RequestContext } from "./endpoints.ts";
import { sendJson } from "./_send_json.ts";

/**
 * `POST /v1/config/invalidate-cache`: forgets every answer that was kept.
 */
export async function invalidateCache(context: RequestContext): Promise<void> {
  const { answers, logger } = context.gateway;
  const entries = answers?.stats.entries ?? 0;
  await answers?.clear();
  logger.info("cache invalidated", { entries, key: context.record.key });
  await noteChange(context, { action: "cache.invalidate", target: "" });
  sendJson(context, { status: "ok", cache: "response", entries });
}
