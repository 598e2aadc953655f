import {
  type Answer,
  editJsonDocument,
  exactMember,
  GatewayError,
  type JsonDocument,
  parseJsonDocument,
  type ProviderDialect,
} from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";
import { askAside } from "./_ask_aside.ts";

/** What a {@linkcode askAgain} needs. */
export interface AskAgainOptions {
  readonly document: JsonDocument;
  readonly reader: ProviderDialect;
  /** What the model said. */
  readonly answer: Answer;
  /** What is wrong with it. */
  readonly fault: string;
  readonly ask: (
    context: RequestContext,
    document: JsonDocument,
  ) => Promise<void>;
}

/**
 * Asks a model once more, and tells it what was wrong with its answer. That is
 * a request of its own, with a line in the log and a row in the ledger.
 *
 * @returns The new answer; nothing where there is none.
 */
export async function askAgain(
  context: RequestContext,
  { document, reader, answer, fault, ask }: AskAgainOptions,
): Promise<Answer | undefined> {
  const { exchange: { signal }, record } = context;
  const again = withTurns(document, record.client.name, {
    said: answer.parts.map((part) => part.type === "text" ? part.text : "")
      .join(""),
    reply:
      `Your answer does not fit the JSON schema that it must fit:\n${fault}\nAnswer again with nothing but the corrected JSON.`,
  });
  if (again === undefined) return undefined;
  const { route: path, speaks: client, operation } = record;
  try {
    const asking = askAside(context, {
      path,
      client,
      operation,
      // Its attempts are timed as those of every request.
      timeoutMs: Infinity,
      signal,
      handle: (aside) => ask(aside, again),
    });
    const body = await record.waiting.during(asking);
    return reader.decodeAnswer(new TextEncoder().encode(body));
  } catch (error) {
    if (signal.aborted || !(error instanceof GatewayError)) throw error;
    return undefined;
  }
}

/** The request with two more turns, whole and not as a stream. */
function withTurns(
  document: JsonDocument,
  dialect: string,
  { said, reply }: { readonly said: string; readonly reply: string },
): JsonDocument | undefined {
  const name = dialect === "gemini"
    ? "contents"
    : dialect === "openai_responses"
    ? "input"
    : "messages";
  const before = exactMember(document, name);
  const turns = dialect === "gemini"
    ? [
      { role: "model", parts: [{ text: said }] },
      { role: "user", parts: [{ text: reply }] },
    ]
    : [
      { role: "assistant", content: said },
      { role: "user", content: reply },
    ];
  const list = typeof before === "string"
    ? [{ role: "user", content: before }]
    : before;
  // An answer of nothing is no turn that providers take.
  if (!Array.isArray(list) || said.trim() === "") return undefined;
  const edits = new Map<string, string | undefined>([
    [name, JSON.stringify([...list, ...turns])],
  ]);
  for (const key of ["stream", "stream_options"]) {
    if (document.spans.has(key)) edits.set(key, undefined);
  }
  const text = editJsonDocument(document, edits);
  return parseJsonDocument(new TextEncoder().encode(text));
}
