import { GatewayError } from "@llm-proxy/core";
import type { ClientName } from "@llm-proxy/core/lazy";
import { clientLeft } from "./_body.ts";
import { dispatch } from "./dispatch.ts";
import type { RequestContext } from "./endpoints.ts";
import type { RequestRecord } from "./request_record.ts";
import { SilentExchange } from "./_silent_exchange.ts";
import { OWNER } from "./subject.ts";

/** What is asked for a request, and how. */
export interface AsideOptions {
  /** The route that it goes by, in logs and in the ledger. */
  readonly path: string;
  /** What is done at a model, in the words of telemetry. */
  readonly operation: string;
  /** The dialect of what is asked. @default {OpenAI's} */
  readonly client?: ClientName;
  /** How long it may take, in ms; Infinity where the signal alone says. */
  readonly timeoutMs: number;
  /** Aborted when nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Asks, with a record and an account of its own. */
  readonly handle: (context: RequestContext) => Promise<void>;
}

/**
 * Asks a model for something that a request needs besides its answer: on its
 * caller's account, with a row of the ledger, a log line and counts of its own.
 * Which models a key may ask does not matter: the config chose this one.
 *
 * @returns What was answered, whole.
 * @throws {GatewayError} what it failed with.
 */
export async function askAside(
  { gateway, exchange, record }: RequestContext,
  { path, operation, client, timeoutMs, signal, handle }: AsideOptions,
): Promise<string> {
  const controller = new AbortController();
  const leave = (): void => controller.abort(clientLeft());
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave);
  const timer = timeoutMs === Infinity ? undefined : setTimeout(() => {
    controller.abort(
      new GatewayError("timeout", "What was asked aside took too long", {
        code: "aside_timeout",
      }),
    );
  }, timeoutMs);
  let answer: string | undefined;
  let own: RequestRecord | undefined;
  const { access, key } = record;
  const silent = new SilentExchange(exchange, {
    signal: controller.signal,
    onSend: (status, text) => {
      if (status === 200) answer = text;
    },
  });
  try {
    await dispatch({
      method: "POST",
      path,
      operation,
      ...(client && { client }),
      open: true,
      handle: async (context) => {
        own = context.record;
        context.record.key = key;
        // They have looked at what this is about.
        context.record.guardrails = new Map();
        context.record.account = gateway.accounts.begin(
          context.record,
          access?.subject ?? OWNER,
        );
        await handle(context);
      },
    }, { gateway, exchange: silent });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
    record.asideTokens += own?.usage?.total ?? 0;
  }
  if (answer !== undefined) return answer;
  throw own?.error ?? new GatewayError("upstream", "Nothing was answered", {
    code: "aside_failed",
  });
}
