import {
  editJsonDocument,
  type JsonDocument,
  parseJsonDocument,
} from "@llm-proxy/core";
import { chatRequestFacts } from "@llm-proxy/core/routing";
import { KeptExchange } from "./_kept_exchange.ts";
import { answerConversation, type RequestContext } from "./endpoints.ts";
import { readJson } from "./read_json.ts";
import { withSelection } from "./_selection_defaults.ts";
import { chainOf, itemsOf, outputOf } from "./_response_chain.ts";
import type { StoredResponse } from "./response_store.ts";

const NO_PREVIOUS = '"previous_response_id":null';

/**
 * `POST /v1/responses`. Unless it says `store: false` a response is kept for
 * its caller, to be gone on with, read and deleted. `previous_response_id` then
 * stands for all that was said: any provider is told it in full. A name that is
 * not known here goes to a provider that keeps responses itself; all others
 * refuse it.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function respond(context: RequestContext): Promise<void> {
  const { gateway, exchange, record } = context;
  const document = await readJson(context);
  record.client.check(document);
  const { value } = document;
  const previous = value.previous_response_id;
  const owner = record.key ?? "";
  const chain = typeof previous === "string" && previous !== ""
    ? await record.waiting.during(chainOf(context, previous))
    : [];
  const isKept = (value.store ?? true) === true;
  if (chain.length === 0 && !isKept) {
    return await answer(context, document);
  }
  const own = itemsText(document);
  const known = chain.length > 0 ? String(previous) : undefined;
  const asked = expand(document, { chain, own, isKept });
  const kept = new KeptExchange(exchange, {
    mend: (text) =>
      known === undefined ? text : text.replaceAll(
        NO_PREVIOUS,
        () => `"previous_response_id":${JSON.stringify(known)}`,
      ),
    onResponse(text) {
      const id = idOf(text);
      if (!isKept || id === undefined) return;
      gateway.responses.keep({ owner, id }, {
        text,
        input: own,
        ...(known !== undefined && { previous: known }),
      }, { lasting: value.store === true });
    },
  });
  await answer({ ...context, exchange: kept }, asked);
}

function answer(
  context: RequestContext,
  asked: JsonDocument,
): Promise<void> {
  const document = withSelection(context, asked);
  return answerConversation(context, {
    document,
    stream: document.value.stream === true,
    facts: (size) => chatRequestFacts(document, { size }),
  });
}

/** The request with all that was said before in its input. */
function expand(
  document: JsonDocument,
  { chain, own, isKept }: {
    readonly chain: readonly StoredResponse[];
    readonly own: string;
    readonly isKept: boolean;
  },
): JsonDocument {
  const edits = new Map<string, string | undefined>();
  if (isKept && document.value.store !== true) edits.set("store", "true");
  if (chain.length > 0) {
    const said = chain.flatMap((stored) => [
      ...itemsOf(stored.input),
      ...outputOf(stored),
    ]).map((item) => JSON.stringify(item));
    const now = own.slice(1, -1).trim();
    edits.set("input", `[${[...said, ...now ? [now] : []].join()}]`);
    edits.set("previous_response_id", undefined);
  }
  if (edits.size === 0) return document;
  const text = editJsonDocument(document, edits);
  return parseJsonDocument(new TextEncoder().encode(text));
}

/** The request's own input as JSON text of items. */
function itemsText({ text, value, spans }: JsonDocument): string {
  const { input } = value;
  if (Array.isArray(input)) return text.slice(...spans.get("input") ?? [0, 0]);
  return typeof input === "string"
    ? JSON.stringify([{
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: input }],
    }])
    : "[]";
}

function idOf(text: string): string | undefined {
  try {
    const { id } = JSON.parse(text);
    return typeof id === "string" && id !== "" && id.length <= 256
      ? id
      : undefined;
  } catch {
    return undefined;
  }
}
