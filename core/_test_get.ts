/**
 * For tests only, never published: a process that gets one address and prints
 * the answer, or the code of what went wrong.
 *
 * @module
 */

import { failure, readText, send } from "./_test_http.ts";
import { HttpClient } from "./http_client.ts";

const client = new HttpClient();
const response = send(client, Deno.args[0] ?? "");
const code = await failure(response);
// deno-lint-ignore no-console -- how it tells
console.log(code === "none" ? await readText((await response).body) : code);
client.close();
