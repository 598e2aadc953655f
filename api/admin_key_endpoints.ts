import { GatewayError } from "@llm-proxy/core";
import { decodeName } from "./_decode_name.ts";
import { audited } from "./admin_audit.ts";
import type { RequestContext } from "./endpoints.ts";
import type { IssuedKey, KeyStore } from "./key_store.ts";
import { readJson } from "./read_json.ts";
import { sendJson } from "./_send_json.ts";
import { keyView } from "./stored_key.ts";
import { askState } from "./_ask_state.ts";

/** A secret that was rotated is good for so many seconds at most. */
const MAX_GRACE = 31_536_000;

/** `GET /admin/keys`: the keys in the state; none of them tells its secret. */
export async function listKeys(context: RequestContext): Promise<void> {
  const keys = await askState(() => storeOf(context).list());
  sendJson(context, { object: "list", data: keys.map(keyView) });
}

/**
 * `POST /admin/keys`: makes a key, whose secret is told in `key`, once.
 *
 * @throws {GatewayError} 400 `invalid_key`.
 */
export async function createKey(context: RequestContext): Promise<void> {
  const { value } = await readJson(context);
  const issued = await askState(() =>
    storeOf(context).create(value, audited(context, "keys.create"))
  );
  await tellOnce(context, issued);
}

/** `GET /admin/keys/{id}`: one key. */
export async function getKey(context: RequestContext): Promise<void> {
  const key = await askState(() => storeOf(context).get(idOf(context)));
  sendJson(context, keyView(key));
}

/**
 * `PUT /admin/keys/{id}`: changes the fields that are given; `null` takes one away.
 *
 * @throws {GatewayError} 400 `invalid_key`.
 */
export async function changeKey(context: RequestContext): Promise<void> {
  const { value } = await readJson(context);
  const after = await askState(() =>
    storeOf(context).change(
      idOf(context),
      value,
      audited(context, "keys.change"),
    )
  );
  await inForce(context);
  sendJson(context, keyView(after));
}

/**
 * `POST /admin/keys/{id}/rotate`: gives a key another secret; the one before is
 * good for `grace` seconds, 0 by default.
 *
 * @throws {GatewayError} 400 `invalid_key`.
 */
export async function rotateKey(context: RequestContext): Promise<void> {
  const { value: { grace = 0 } } = await readJson(context);
  if (typeof grace !== "number" || !(grace >= 0 && grace <= MAX_GRACE)) {
    throw new GatewayError(
      "invalid_request",
      `Field 'grace' must be from 0 to ${MAX_GRACE} seconds`,
      { code: "invalid_key", param: "grace" },
    );
  }
  const issued = await askState(() =>
    storeOf(context).rotate(
      idOf(context),
      grace * 1_000,
      audited(context, "keys.rotate"),
    )
  );
  await tellOnce(context, issued);
}

/** `DELETE /admin/keys/{id}`: ends a key. */
export async function deleteKey(context: RequestContext): Promise<void> {
  const id = idOf(context);
  await askState(() =>
    storeOf(context).delete(id, audited(context, "keys.delete"))
  );
  await inForce(context);
  sendJson(context, { id, deleted: true });
}

/** Tells a secret, also where the state that has its key cannot be read again: nobody could tell it later. */
async function tellOnce(
  context: RequestContext,
  { key, secret }: IssuedKey,
): Promise<void> {
  try {
    await inForce(context);
  } catch (cause) {
    context.gateway.logger.error("a new key is not in force yet", { cause });
  }
  sendJson(context, { ...keyView(key), key: secret });
}

/** Has a change in force here before it is answered; others notice it by themselves. */
async function inForce({ gateway }: RequestContext): Promise<void> {
  await askState(() => gateway.parts.keys.refresh());
}

function storeOf({ gateway }: RequestContext): KeyStore {
  return gateway.parts.keys.store;
}

function idOf({ exchange }: RequestContext): string {
  return decodeName(exchange.path.split("/")[3] ?? "");
}
