import { assertEquals, assertRejects } from "@std/assert";
import type { Config } from "./config_types.ts";
import type { Gateway } from "./gateway.ts";
import { Guardrails } from "./guardrails.ts";

Deno.test("Guardrails are made by the next request where the first one could not make them", async () => {
  let tries = 0;
  const config = {
    default_guardrails: ["g"],
    routes: [],
    get guardrails(): Config["guardrails"] {
      if (++tries === 1) throw new TypeError("too many open files");
      return [{ name: "g", type: "pii" } as never];
    },
  } as unknown as Config;
  const gateway = { config, tokens: {} } as Gateway;
  const guardrails = new Guardrails(gateway, config);
  await assertRejects(() => guardrails.named(["g"]), TypeError);
  assertEquals((await guardrails.named(["g"])).length, 1);
  await guardrails.named(["g"]);
  assertEquals(tries, 2);
});
