import { GatewayError } from "@llm-proxy/core";
import { audited } from "./admin_audit.ts";
import type { AuditedCommit } from "./audit_log.ts";
import type { RequestContext } from "./endpoints.ts";
import { fieldFault } from "./_field_fault.ts";
import { factsOf } from "./model_facts.ts";
import { providerAt } from "./model_search_endpoints.ts";
import type { StoredSelection } from "./model_selection.ts";
import { modelSelection } from "./_model_selection_schema.ts";
import { readJson } from "./read_json.ts";
import { replyHeaders } from "./_reply_headers.ts";
import { askState } from "./_ask_state.ts";

/**
 * `GET /v1/providers/{name}/model_selection`: the model that requests for the
 * name of a provider alone go to. Its `ETag` is what a change is made on.
 *
 * @throws {GatewayError} 404 where none was chosen.
 */
export async function getModelSelection(
  context: RequestContext,
): Promise<void> {
  const { provider } = await providerAt(context);
  const stored = await askState(() =>
    context.gateway.selections.read(provider.name)
  );
  if (stored === undefined) {
    throw new GatewayError(
      "not_found",
      `No model of provider '${provider.name}' is selected`,
      { code: "selection_not_found" },
    );
  }
  tell(context, provider.name, stored);
}

/**
 * `PUT /v1/providers/{name}/model_selection`: chooses a model. With `If-Match`
 * only where the selection is still that of the `ETag`, with
 * `If-None-Match: *` only where there is none.
 *
 * @throws {GatewayError} 400 where the body
 * is none or the provider has no such model; 409 where the selection may not be
 * edited; 412 where it has changed.
 */
export async function putModelSelection(
  context: RequestContext,
): Promise<void> {
  const { gateway, exchange } = context;
  const { provider: { name }, provider } = await providerAt(context);
  const { value } = await readJson(context);
  const read = modelSelection.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new GatewayError(
      "invalid_request",
      `The selection cannot be so: ${fieldFault(issue, value)}`,
      { code: "invalid_value", param: issue?.path.join(".") ?? "" },
    );
  }
  const selection = read.data;
  const models = factsOf(gateway, provider);
  const isListed = models.length === 0 ||
    models.some(({ entry }) => entry.id === selection.selected_model);
  if (!isListed) {
    throw new GatewayError(
      "invalid_request",
      `Provider '${name}' lists no model '${selection.selected_model}'`,
      { code: "model_not_found", param: "selected_model" },
    );
  }
  const { selections } = gateway;
  const before = await askState(() => selections.read(name));
  const match = exchange.header("if-match");
  const version = exchange.header("if-none-match") === "*"
    ? null
    : (match && unquote(match)) ?? before?.version ?? null;
  if (version !== (before?.version ?? null)) throw changed(name);
  if (before?.selection.editable === false && !selection.editable) {
    throw new GatewayError(
      "invalid_request",
      `The selection of provider '${name}' is not editable: set 'editable' first`,
      { code: "not_editable", status: 409, param: "editable" },
    );
  }
  const note = audited(context, "model_selection.put");
  const commit: AuditedCommit = (batch, change) =>
    note(batch, { ...change, before: before?.selection });
  const stored = await askState(() =>
    selections.write(name, { selection, version, commit })
  );
  if (stored === undefined) throw changed(name);
  tell(context, name, stored);
}

function changed(provider: string): GatewayError {
  return new GatewayError(
    "invalid_request",
    `The selection of provider '${provider}' has changed meanwhile: read it again`,
    { code: "version_conflict", status: 412 },
  );
}

function tell(
  { exchange, record }: RequestContext,
  provider: string,
  { selection, version }: StoredSelection,
): void {
  const headers = replyHeaders(record);
  headers["content-type"] = "application/json";
  headers["etag"] = `"${version}"`;
  exchange.send(
    200,
    headers,
    JSON.stringify({ provider, ...selection, version }),
  );
  record.status = 200;
}

/** The version in an `If-Match`; nothing for `*`, which is any. */
function unquote(tag: string): string | undefined {
  return tag.trim() === "*"
    ? undefined
    : tag.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1");
}
