import { inTime } from "./_in_time.ts";
import { toStateError } from "./_kv_error.ts";
import { StateError } from "./state_error.ts";

/** Where a database is that speaks KV Connect. */
export interface KvRemote {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs: number;
}

/** Deno reads the token here and nowhere else. */
const TOKEN_VARIABLE = "DENO_KV_ACCESS_TOKEN";

let opening: Promise<unknown> = Promise.resolve();

/**
 * Connects to a database. It needs the permission to set the variable that Deno
 * reads the token from, which is put back as it was.
 *
 * @throws {StateError} when it does not answer, or does not want us.
 */
export function openKvRemote(remote: KvRemote): Promise<Deno.Kv> {
  // One after the other: the variable belongs to the whole process.
  const result = opening.then(() => connect(remote));
  opening = result.catch(() => {});
  return result;
}

async function connect({ url, token, timeoutMs }: KvRemote): Promise<Deno.Kv> {
  const before = Deno.env.get(TOKEN_VARIABLE);
  Deno.env.set(TOKEN_VARIABLE, token);
  const work = Deno.openKv(url);
  try {
    return await inTime(work, {
      ms: timeoutMs,
      late: () => {
        throw new StateError(
          "unavailable",
          `The state did not answer within ${timeoutMs} ms`,
        );
      },
    });
  } catch (error) {
    work.then((kv) => kv.close(), () => {});
    throw toStateError(error);
  } finally {
    if (before === undefined) Deno.env.delete(TOKEN_VARIABLE);
    else Deno.env.set(TOKEN_VARIABLE, before);
  }
}
