/**
 * A limiter in a process of its own, whose limit others share through a state
 * in one file. Takes the directory, the limit and for how many ms to ask, as fast as it
 * may; prints how often it asked and when, in ms since 1970, it was admitted.
 *
 * @module
 */

import { limitStore, openStateStore } from "@llm-proxy/context";
import { grantLease, parseLimit, RateLimiter } from "@llm-proxy/core";

if (import.meta.main) {
  const [directory = "", limit = "", ms = "0"] = Deno.args;
  const state = await openStateStore({ type: "file", directory }, {
    isShared: true,
  });
  const limiter = new RateLimiter({
    shared: { store: limitStore(state, grantLease) },
  });
  limiter.define("it", parseLimit(limit));
  const asks = [{ limit: "it", key: "a" }];
  // deno-lint-ignore no-console
  console.log("ready");
  await Deno.stdin.read(new Uint8Array(1));
  const taken: number[] = [];
  let asked = 0;
  const end = Date.now() + Number(ms);
  await limiter.prepare(asks);
  while (Date.now() < end) {
    for (let i = 0; i < 8; i++) {
      asked++;
      const admission = limiter.take(asks);
      if (!admission.ok) continue;
      taken.push(Date.now());
      admission.lease.release();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await limiter.close();
  await state.close();
  // deno-lint-ignore no-console
  console.log(JSON.stringify({ asked, taken }));
}
