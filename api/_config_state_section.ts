import * as z from "@zod/zod";
import { isPlainUrl } from "./_config_texts.ts";
import { line, secret } from "./_config_values.ts";
import { isRedisUrl, stateDatabase } from "./_state_url.ts";

/** `state` */
export const state = z.strictObject({
  path: line(1024).optional().describe(
    "The directory for what a restart must not lose, or memory.",
  ),
  url: z.string().max(2048).refine(
    isStateAddress,
    "must be a URL of http, https, redis or rediss without password, query or fragment",
  ).optional().describe(
    "Redis, Valkey or a database that speaks KV Connect; path is not used then.",
  ),
  token: secret(1).optional().describe(
    "The token or password for url; DENO_KV_ACCESS_TOKEN or REDIS_PASSWORD by default.",
  ),
}).prefault({}).describe("Where the service keeps its state.");

function isStateAddress(text: string): boolean {
  return isRedisUrl(text)
    ? typeof stateDatabase(text) !== "string"
    : isPlainUrl(text);
}
