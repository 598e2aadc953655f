// Changes of keys by processes that are killed, and what is noted of them.
import { openStateStore } from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import { AuditLog } from "../api/audit_log.ts";
import { KeyStore } from "../api/key_store.ts";

const ROUNDS = Deno.env.get("KILLS") === "full" ? 50 : 5;

Deno.test("no change of a key is without its audit entry, and no entry without its change, whenever the process is killed", async () => {
  const directory = await Deno.makeTempDir();
  const location = { type: "file", directory } as const;
  const first = await openStateStore(location, { slowMs: 60_000 });
  const { key: { id } } = await new KeyStore(first).create({
    name: "change 0",
  });
  await first.close();
  let changes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--frozen",
        "--no-check",
        "-A",
        "tests/_key_change_child.ts",
        directory,
        id,
      ],
      cwd: new URL("../", import.meta.url),
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    const state = await openStateStore(location, { slowMs: 60_000 });
    const { name } = await new KeyStore(state).get(id);
    const rows = await new AuditLog(state).list();
    await state.close();
    changes = Number(/\d+$/.exec(name)?.[0]);
    const [last] = rows;
    assertEquals((last?.number ?? -1) + 1, changes);
    if (last !== undefined) {
      assertEquals((last.after as { name: string }).name, name);
    }
  }
  assert(changes > 0);
  await Deno.remove(directory, { recursive: true });
});
