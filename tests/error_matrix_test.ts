/**
 * The errors that providers document, before clients of every dialect, as an
 * answer and within a stream.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  type Answering,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { CHAT_CELLS } from "./_cells_chat.ts";
import { GEMINI_CELLS } from "./_cells_gemini.ts";
import { MESSAGES_CELLS } from "./_cells_messages.ts";
import { RESPONSES_CELLS } from "./_cells_responses.ts";
import { startGateway } from "./_gateway.ts";
import { FAULTY_PROVIDERS, type ProviderFault } from "./_provider_faults.ts";
import { eventEnds } from "./_recordings.ts";
import { CLIENTS, type ReplayClient } from "./_replay_clients.ts";
import { FAMILIES } from "./_replay_families.ts";

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

/** What all providers' errors that must not be shown have in them. */
const SECRET = "Vb6Nm5ZxQw";

/** An error as a client's dialect words it. */
interface ToldError {
  readonly message: string;
  /** The dialect's own word for the class. */
  readonly type: string | undefined;
  readonly code: string;
}

/** What OpenAI's and Anthropic's clients know an error's class by, and Google's (O7). */
const TYPES: Readonly<Record<number, readonly [string, string, string]>> = {
  400: ["invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"],
  401: ["invalid_request_error", "authentication_error", "UNAUTHENTICATED"],
  403: ["permission_error", "permission_error", "PERMISSION_DENIED"],
  404: ["invalid_request_error", "not_found_error", "NOT_FOUND"],
  408: ["server_error", "timeout_error", "DEADLINE_EXCEEDED"],
  413: ["invalid_request_error", "request_too_large", "INVALID_ARGUMENT"],
  422: ["invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"],
  429: ["rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"],
  502: ["server_error", "api_error", "INTERNAL"],
  503: ["overloaded_error", "overloaded_error", "UNAVAILABLE"],
  504: ["server_error", "timeout_error", "DEADLINE_EXCEEDED"],
};

/** An account without credit and content that was flagged have types of their own. */
const OWN_WORDS = new Set(["insufficient_quota", "content_policy_violation"]);

/** Runs a gateway before an upstream, with this provider. */
async function withProvider(
  entry: string,
  answer: Answering,
  run: (url: string) => Promise<void>,
): Promise<void> {
  const upstream = startAnsweringUpstream(answer);
  const gateway = await startGateway(
    `providers: [{name: p, ${entry}, max_retries: 0, base_url: "${upstream.origin}/v1"}]`,
  );
  try {
    await run(gateway.url);
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

function readError({ name }: ReplayClient, body: Json): ToldError {
  const { error } = Array.isArray(body) ? body[0] : body;
  const { message } = error;
  if (name === "Messages") {
    return { message, type: error.type, code: error.details.error_code };
  }
  if (name === "Gemini") {
    const [{ reason }] = error.details;
    return { message, type: error.status, code: reason.toLowerCase() };
  }
  return { message, type: error.type, code: error.code };
}

/** The error that ends a stream. */
function lastError({ name }: ReplayClient, text: string): Json {
  const last = text.trimEnd().split("\n").findLast((line) =>
    line.startsWith("data: ")
  );
  const event = JSON.parse(last?.slice("data: ".length) ?? "{}");
  // A response that failed tells its code, and no class.
  return name === "Responses"
    ? { error: event.response?.error ?? event.error }
    : event;
}

function assertTold(
  client: ReplayClient,
  { told, fault, where }: {
    readonly told: ToldError;
    readonly fault: Pick<ProviderFault, "status" | "told" | "code" | "says">;
    readonly where: string;
  },
): void {
  const { told: as = fault.status, code, says = "" } = fault;
  if (code !== undefined) assertEquals(told.code, code, where);
  assert(told.message !== "" && told.message.includes(says), where);
  const place = client.name === "Messages"
    ? 1
    : client.name === "Gemini"
    ? 2
    : 0;
  if (OWN_WORDS.has(told.code) || told.type === undefined) return;
  assertEquals(told.type, TYPES[as]?.[place], where);
}

for (const { entry, model, faults } of FAULTY_PROVIDERS) {
  const [, type] = /type: (\w+)/.exec(entry)!;
  Deno.test(`K1, K2, K5, K15, O7: clients of every dialect are told what ${type} documents as errors`, async () => {
    let fault = faults[0]!;
    const answer = () => {
      const { status, body, headers } = fault;
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const type = { "content-type": "application/json" };
      return new Response(text, { status, headers: { ...type, ...headers } });
    };
    await withProvider(entry, answer, async (url) => {
      for (const [number, next] of faults.entries()) {
        fault = next;
        for (const [index, client] of CLIENTS.entries()) {
          const stream = (number + index) % 2 === 0;
          // A model of its own, so that no breaker opens.
          const answer = await fetch(client.request({
            url,
            model: `p/${model}-${number}-${index}`,
            stream,
          }));
          const text = await answer.text();
          const where = `${client.name}: ${JSON.stringify(fault)} → ${text}`;
          assert(!text.includes(SECRET), where);
          const { told = fault.status, code, wait = null } = fault;
          const isMessages = client.name === "Messages";
          const status = isMessages && told === 503
            ? 529
            : isMessages && code === "insufficient_quota" && told < 429
            ? 402
            : told;
          assertEquals(answer.status, status, where);
          if (wait !== null) {
            assertEquals(answer.headers.get("retry-after"), wait, where);
          }
          const error = readError(client, JSON.parse(text));
          assertTold(client, { told: error, fault, where });
        }
      }
    });
  });
}

/** What ends streams, by the dialect in which it is told, with the status that it stands for. */
const ENDINGS: Readonly<
  Record<string, readonly (readonly [event: Json, status: number])[]>
> = {
  Chat: [
    [{ error: { message: "No", code: 429 } }, 429],
    [{ error: { message: "No", type: "overloaded_error", code: null } }, 503],
    [{ error: { message: "No", type: "server_error", code: "500" } }, 502],
    [{ error: "No" }, 502],
    [{ object: "error", message: "No", code: 400 }, 400],
    [{
      id: "1",
      choices: [{ index: 0, delta: {}, finish_reason: "error" }],
      error: { code: 503, message: "No" },
    }, 503],
  ],
  Anthropic: [
    ["overloaded_error", 503] as const,
    ["api_error", 502] as const,
    ["rate_limit_error", 429] as const,
    ["invalid_request_error", 400] as const,
    ["timeout_error", 504] as const,
  ].map(([type, status]) => [
    { type: "error", error: { type, message: "No" } },
    status,
  ]),
  Gemini: [
    [{ error: { code: 503, message: "No", status: "UNAVAILABLE" } }, 503],
    [
      { error: { code: 429, message: "No", status: "RESOURCE_EXHAUSTED" } },
      429,
    ],
    [{ error: { code: 500, message: "No", status: "INTERNAL" } }, 502],
  ],
  Responses: [
    [{ type: "error", code: "server_error", message: "No", param: null }, 502],
    [{
      type: "error",
      error: {
        type: "rate_limit_error",
        code: "rate_limit_exceeded",
        message: "No",
      },
    }, 429],
    [{
      type: "response.failed",
      response: {
        id: "resp_1",
        status: "failed",
        error: { code: "server_error", message: "No" },
        output: [],
      },
    }, 502],
  ],
};
const CELLS = {
  Chat: CHAT_CELLS,
  Responses: RESPONSES_CELLS,
  Anthropic: MESSAGES_CELLS,
  Gemini: GEMINI_CELLS,
};

for (const { name, entry } of FAMILIES) {
  Deno.test(`C29, J2, L4, O7: clients of every dialect are told of what ends a stream of ${name}`, async () => {
    const cell = CELLS[name as keyof typeof CELLS].find(({ stream }) =>
      stream
    )!;
    // Behind the first pieces of text.
    const end = eventEnds(cell.body)[name === "Gemini" ? 1 : 5];
    const begun = cell.body.slice(0, end);
    let ending: Json;
    const answer = () =>
      new Response(
        `${begun}event: ${ending.type ?? "message"}\ndata: ${
          JSON.stringify(ending)
        }\n\n`,
        { headers: { "content-type": cell.contentType } },
      );
    await withProvider(
      entry.replace(/name: \w+, /, ""),
      answer,
      async (url) => {
        for (const [number, [event, status]] of ENDINGS[name]!.entries()) {
          ending = event;
          for (const client of CLIENTS) {
            const model = `p/m-${number}-${client.name}`;
            const answer = await fetch(
              client.request({ url, model, stream: true }),
            );
            const text = await answer.text();
            const where = `${client.name}: ${JSON.stringify(event)} → ${text}`;
            assert(!client.ending.test(text), where);
            const told = readError(client, lastError(client, text));
            assertTold(client, { told, fault: { status, says: "No" }, where });
          }
        }
      },
    );
  });
}
