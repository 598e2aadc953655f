import { GatewayError } from "@llm-proxy/core";
import { noteChange } from "./admin_audit.ts";
import type { RequestContext } from "./endpoints.ts";
import { sendJson } from "./_send_json.ts";

/** `GET /v1/config/status`: what is in force since when, and why nothing newer is. */
export function getConfigStatus(context: RequestContext): void {
  const { config } = context.gateway.controls;
  sendJson(context, config?.status ?? { source: "environment" });
}

/**
 * `POST /v1/config/reload`: reads the config file again.
 *
 * @throws {GatewayError} 400 `config_refused` when the file has faults, 400
 * `no_config_file` when there is none.
 */
export async function reloadConfig(context: RequestContext): Promise<void> {
  const { config } = context.gateway.controls;
  if (config === undefined) {
    throw new GatewayError(
      "invalid_request",
      "There is no config file to read again",
      { code: "no_config_file" },
    );
  }
  const { hash: before } = config.status;
  const result = await config.reload();
  if (result.ok) {
    const { hash, changes } = result;
    await noteChange(context, {
      action: "config.reload",
      target: "",
      before: { hash: before },
      after: { hash, changes },
    });
    return sendJson(context, result);
  }
  throw new GatewayError(
    "invalid_request",
    `The config is refused, the old one stays in force: ${
      result.faults.join("; ")
    }`,
    { code: "config_refused" },
  );
}
