import { MemoryStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { KeyRing } from "./authenticate.ts";
import type { Exchange } from "./exchange.ts";
import { StoredKeys } from "./stored_keys.ts";

/** What a check costs, which is to be 3 µs at most. */
const CONFIGURED = "cfg-Zu2Rq8TnVw4yBd6F";
const state = new MemoryStateStore();
const stored = new StoredKeys({
  state,
  logger: new StructuredLogger({ level: "error" }),
  isFollowed: false,
});
let secret = "";
for (let at = 0; at < 1_000; at++) {
  ({ secret } = await stored.store.create({
    name: `k${at}`,
    models: ["gpt-*", "claude-*"],
    routes: ["/v1/*"],
    ips: ["10.0.0.0/8", "127.0.0.1"],
  }));
}
await stored.refresh();
const ring = new KeyRing([{ name: "c", key: CONFIGURED }], { keys: stored });

function withKey(key: string): Exchange {
  const headers = new Map([["authorization", `Bearer ${key}`]]);
  return {
    address: "127.0.0.1",
    header: (name: string) => headers.get(name),
  } as Exchange;
}

const configured = withKey(CONFIGURED);
const issued = withKey(secret);

Deno.bench("a key of the config", () => {
  ring.check(configured);
});

Deno.bench("a stored key, of 1,000", () => {
  ring.check(issued);
});

Deno.bench("a stored key with its routes, addresses and models", () => {
  const access = ring.check(issued);
  access?.checkRoute({ path: "/v1/chat/completions" }, issued);
  access?.checkModel("claude-sonnet-4-5");
});
