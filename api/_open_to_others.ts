import { isLoopback } from "./_config_loopback.ts";
import type { Config } from "./config_types.ts";

/** Whether machines other than this one reach a gateway that asks for no key. */
export function isOpenToOthers(host: string, { auth }: Config): boolean {
  return !isLoopback(host) && auth.api_keys.length === 0 &&
    auth.jwt === undefined;
}

/** What is said to whoever wants that. */
export function keyless(host: string): string {
  return `llm-proxy: refuses to listen on ${host} without a key: set auth.api_keys in the config`;
}
