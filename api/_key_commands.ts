import { StateError } from "@llm-proxy/context";
import { GatewayError } from "@llm-proxy/core";
import { AuditLog } from "./audit_log.ts";
import type { CliInput } from "./_cli.ts";
import { type IssuedKey, KeyStore } from "./key_store.ts";
import { keyView, type StoredKey } from "./stored_key.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";
import { withState } from "./_with_state.ts";

const ACTIONS = ["create", "list", "rotate", "disable", "enable", "delete"];
/** The options that say what a key is; lists are separated by commas. */
const TEXTS = ["team", "user", "organisation", "role", "expires", "losses"];
const LISTS = ["models", "routes", "ips", "limits"];

/** `keys ACTION [NAME|ID]`: makes, lists and changes the keys in the state. */
export async function keys(input: CliInput): Promise<number> {
  const { values, words: [action = "list", target, ...more] } = input;
  if (!ACTIONS.includes(action) || more.length > 0) {
    return tell(`llm-proxy: keys takes ${ACTIONS.join(", ")}`, USAGE);
  }
  if (action !== "list" && target === undefined) {
    const what = action === "create" ? "NAME" : "ID";
    return tell(`llm-proxy: keys ${action} needs a ${what}`, USAGE);
  }
  const grace = Number(values.get("grace") ?? 0);
  if (!(grace >= 0 && grace <= 31_536_000)) {
    return tell("llm-proxy: --grace must be seconds, a year at most", USAGE);
  }
  return await withState(values, async (state) => {
    try {
      const store = new KeyStore(state);
      const audit = new AuditLog(state);
      return await act({ ...input, action, target: target ?? "", grace }, {
        store,
        audit,
      });
    } catch (error) {
      const isOurs = error instanceof GatewayError ||
        error instanceof StateError;
      if (!isOurs) throw error;
      return tell(`llm-proxy: ${error.message}`, FAULT);
    }
  });
}

interface Asked extends CliInput {
  readonly action: string;
  readonly target: string;
  readonly grace: number;
}

async function act(
  asked: Asked,
  { store, audit }: { readonly store: KeyStore; readonly audit: AuditLog },
): Promise<number> {
  const { action, target, grace, values } = asked;
  const isJson = asked.switches.has("json");
  const commit = audit.committer({
    actor: "command line",
    action: `keys.${action}`,
  });
  if (action === "list") {
    const all = await store.list();
    if (isJson) return print(jsonOf(all.map(keyView)));
    return print(`${all.map(lineOf).join("\n") || "no keys yet"}\n`);
  }
  if (action === "create" || action === "rotate") {
    const issued = action === "create"
      ? await store.create({ name: target, ...termsOf(values) }, commit)
      : await store.rotate(target, grace * 1_000, commit);
    return tellOnce(issued, isJson);
  }
  const key = action === "delete"
    ? await store.delete(target, commit)
    : await store.change(target, {
      disabled: action === "disable" ? true : null,
    }, commit);
  if (isJson) return print(jsonOf(keyView(key)));
  return print(`${action}d ${lineOf(key)}\n`);
}

/** The only time that a secret is told. */
function tellOnce({ key, secret }: IssuedKey, isJson: boolean): number {
  if (isJson) return print(jsonOf({ ...keyView(key), key: secret }));
  return print(`${secret}\n${lineOf(key)}; its secret is not told again\n`);
}

/** What the options say a key is; checked by the store. */
function termsOf(values: CliInput["values"]): Record<string, unknown> {
  const terms: Record<string, unknown> = {};
  for (const name of TEXTS) {
    if (values.has(name)) terms[name] = values.get(name);
  }
  for (const name of LISTS) {
    const list = values.get(name)?.split(",").map((it) => it.trim());
    if (list !== undefined) terms[name] = list;
  }
  const [limit, period] = values.get("budget")?.split("/") ?? [];
  if (limit !== undefined) terms.budget = { limit: Number(limit), period };
  return terms;
}

function lineOf({ id, name, hint, role, team, disabled }: StoredKey): string {
  const more = [role, team, disabled && "disabled"].filter(Boolean);
  return [id, `…${hint}`, name, ...more].join("  ");
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
