import type { FlagDefinition } from "@llm-proxy/context";
import { GatewayError } from "@llm-proxy/core";
import {
  chatRequestFacts,
  type Deployment,
  explainChat,
} from "@llm-proxy/core/routing";
import { askState } from "./_ask_state.ts";
import { audited, noteChange } from "./admin_audit.ts";
import { AuditLog } from "./audit_log.ts";
import { featureFlags } from "./_config_flag_section.ts";
import { decodeName } from "./_decode_name.ts";
import type { RequestContext } from "./endpoints.ts";
import { readJson } from "./read_json.ts";
import { RequestSize } from "./request_size.ts";
import { sendJson } from "./_send_json.ts";
import { toldRequest } from "./_told_request.ts";

/** `GET /admin/deployments`: every deployment, how it does, and whether attempts go to it. */
export function listDeployments(context: RequestContext): void {
  const { table, parts } = context.gateway;
  const data = table.deployments.map((it) => viewOf(context, it));
  sendJson(context, { object: "list", drained: parts.drains.ids, data });
}

/** `POST /admin/deployments/drain`: sends nothing more to the deployment `id`; what runs ends well. */
export async function drainDeployment(context: RequestContext): Promise<void> {
  await switchDeployment(context, "drain");
}

/** `POST /admin/deployments/enable`: sends to it again. */
export async function enableDeployment(context: RequestContext): Promise<void> {
  await switchDeployment(context, "enable");
}

/** `POST /admin/deployments/reset`: closes its breaker, in this process. */
export async function resetDeployment(context: RequestContext): Promise<void> {
  const deployment = await deploymentIn(context);
  const { id } = deployment;
  const before = viewOf(context, deployment);
  context.gateway.parts.breakers.of(deployment)?.reset();
  const after = viewOf(context, deployment);
  await noteChange(context, {
    action: "deployments.reset",
    target: id,
    before,
    after,
  });
  sendJson(context, after);
}

/** `GET /admin/flags`: the feature flags in force, and those of them that were switched at run time. */
export function listFlags(context: RequestContext): void {
  const { flags, parts } = context.gateway;
  sendJson(context, {
    flags: Object.fromEntries(flags.all),
    switched: Object.keys(parts.storedFlags.all),
  });
}

/**
 * `PUT /admin/flags/{name}`: switches a flag in all processes with one state,
 * until it is switched again or deleted, whatever the config says.
 *
 * @throws {GatewayError} 400 `invalid_flag`.
 */
export async function putFlag(context: RequestContext): Promise<void> {
  const name = flagIn(context);
  const { value } = await readJson(context);
  const checked = featureFlags.safeParse({ [name]: value.value });
  const to = checked.data?.[name];
  if (to === undefined) {
    throw new GatewayError(
      "invalid_request",
      "Field 'value' must be true, false, or shares and rules as in feature_flags",
      { code: "invalid_flag", param: "value" },
    );
  }
  await switchFlag(context, name, to);
}

/** `DELETE /admin/flags/{name}`: has a flag as the config says, which is off where it says nothing. */
export async function deleteFlag(context: RequestContext): Promise<void> {
  await switchFlag(context, flagIn(context), undefined);
}

async function switchFlag(
  context: RequestContext,
  name: string,
  to: FlagDefinition | undefined,
): Promise<void> {
  const { flags, parts: { storedFlags } } = context.gateway;
  const commit = audited(
    context,
    to === undefined ? "flags.delete" : "flags.put",
  );
  try {
    await askState(() => storedFlags.set(name, to, commit));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GatewayError("invalid_request", "There are too many flags", {
      code: "invalid_flag",
      cause: error,
    });
  }
  sendJson(context, { name, value: flags.all.get(name) ?? false });
}

function flagIn({ exchange }: RequestContext): string {
  return decodeName(exchange.path.split("/")[3] ?? "");
}

/** `GET /admin/budgets`: the budgets of the config, and what is left where anything was spent. */
export function listBudgets(context: RequestContext): void {
  const { config, accounts } = context.gateway;
  sendJson(context, {
    object: "list",
    data: config.budgets,
    left: accounts.budgets?.details() ?? [],
  });
}

/** `GET /admin/audit`: what admins have changed, the newest first. */
export async function listAudit(context: RequestContext): Promise<void> {
  const data = await askState(() => new AuditLog(context.gateway.state).list());
  sendJson(context, { object: "list", data });
}

/**
 * `POST /admin/explain`: what would be done with a chat completion request of
 * this caller, with these headers, without doing it.
 *
 * @throws {GatewayError} where the request itself would be refused.
 */
export async function explainRequest(context: RequestContext): Promise<void> {
  const document = await readJson(context);
  const { gateway } = context;
  const name = chatRequestFacts(document).model;
  await gateway.learn(name);
  const model = gateway.selections.resolve(name) ?? name;
  sendJson(
    context,
    await explainChat(document, {
      ...gateway.failover.preview(),
      request: toldRequest({ model }, context),
      size: new RequestSize(document.value, gateway.tokens.estimator),
    }),
  );
}

async function switchDeployment(
  context: RequestContext,
  to: "drain" | "enable",
): Promise<void> {
  const deployment = await deploymentIn(context);
  const { id } = deployment;
  const { drains } = context.gateway.parts;
  const commit = audited(context, `deployments.${to}`);
  await askState(() => drains.set(id, to === "drain", commit));
  sendJson(context, viewOf(context, deployment));
}

async function deploymentIn(context: RequestContext): Promise<Deployment> {
  const { value: { id } } = await readJson(context);
  const found = context.gateway.table.deployments.find((it) => it.id === id);
  if (found !== undefined) return found;
  throw new GatewayError("not_found", "There is no such deployment", {
    code: "unknown_deployment",
    param: "id",
  });
}

function viewOf(
  { gateway }: RequestContext,
  deployment: Deployment,
): Record<string, unknown> {
  const { id, provider: { name, type } } = deployment;
  const { available, breaker, inFlight, queued } = gateway.failover.read(
    deployment,
  );
  return {
    id,
    provider: name,
    type,
    drained: gateway.parts.drains.has(id),
    available,
    breaker,
    in_flight: inFlight,
    queued,
    health: gateway.health.read(deployment.provider)?.status ?? "unknown",
  };
}
