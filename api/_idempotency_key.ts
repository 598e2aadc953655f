import type { Route } from "./dispatch.ts";
import type { Exchange } from "./exchange.ts";

/** The `Idempotency-Key` of a request that may have one: any POST but those of admins, whose answers hold secrets, and what passes through. */
export function idempotencyKey(
  { method, isAdmin }: Route,
  exchange: Pick<Exchange, "header">,
): string | undefined {
  return method === "POST" && !isAdmin
    ? exchange.header("idempotency-key")
    : undefined;
}
