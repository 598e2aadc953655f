// Changes a key again and again, each change noted, until it is killed.
import { openStateStore } from "@llm-proxy/context";
import { AuditLog } from "../api/audit_log.ts";
import { KeyStore } from "../api/key_store.ts";

const [directory = "", id = ""] = Deno.args;
const state = await openStateStore({ type: "file", directory }, {
  slowMs: 60_000,
});
const keys = new KeyStore(state);
const commit = new AuditLog(state).committer({
  actor: "child",
  action: "keys.change",
});
const made = (): number => Number(/\d+$/.exec(name)?.[0]);
let { name } = await keys.get(id);
// deno-lint-ignore no-console
console.log("changing");
for (;;) {
  ({ name } = await keys.change(id, { name: `change ${made() + 1}` }, commit));
}
