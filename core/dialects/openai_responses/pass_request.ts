import { exactMember } from "../../_json_exact.ts";
import type { DialectTarget } from "../../dialect.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import { isJsonObject } from "../openai_chat/_decode_node.ts";
import { isOwnItemId } from "./_response_head.ts";
import { openThought } from "./_thought_seal.ts";

export { checkResponsesRequest } from "./_pass_check.ts";

/** What {@linkcode passResponsesRequest} is told besides. */
export interface PassResponsesRequestOptions {
  /** The provider's answer shall be a stream. @default {false} */
  readonly stream?: boolean;
}

const ENCRYPTED = "reasoning.encrypted_content";

/**
 * Writes a Responses request for a provider of the same dialect: the client's
 * own text with the smallest edit. Unknown fields are kept (A25), so is all
 * that refers to what the provider remembers.
 *
 * Changed are the model; `stream`, where it disagrees; `include`, so that a
 * model that thinks gives what the client must give back where nothing is
 * stored (B19). Thought that another provider has signed would be refused: it
 * goes, and is put on the loss report, as are fields that the target's quirks
 * drop.
 */
export function passResponsesRequest(
  document: JsonDocument,
  target: DialectTarget,
  options: PassResponsesRequestOptions = {},
): string {
  const { value } = document;
  const edits = new Map<string, string | undefined>();
  if (value.model !== target.model) {
    edits.set("model", JSON.stringify(target.model));
  }
  const stream = options.stream ?? false;
  if (stream !== (value.stream === true)) edits.set("stream", String(stream));
  askForEncrypted(document, target, edits);
  dropForeign(document, target, edits);
  for (const name of target.quirks.drop ?? []) {
    if (!document.spans.has(name) || edits.has(name)) continue;
    edits.set(name, undefined);
    target.losses.add("dropped", name, target.provider);
  }
  return editJsonDocument(document, edits);
}

function askForEncrypted(
  { value }: JsonDocument,
  { model, quirks }: DialectTarget,
  edits: Map<string, string | undefined>,
): void {
  // Models that don't think refuse the wish, and some of a family don't.
  const thinks = !model.includes("-chat") &&
    quirks.reasoningModels?.some((prefix) => model.startsWith(prefix));
  if (value.store !== false || !thinks) return;
  const told = value.include ?? [];
  if (!Array.isArray(told) || told.includes(ENCRYPTED)) return;
  edits.set("include", JSON.stringify([...told, ENCRYPTED]));
}

/** Removes thought of another provider's: it cannot be read here, nor found by its id. */
function dropForeign(
  document: JsonDocument,
  { losses }: DialectTarget,
  edits: Map<string, string | undefined>,
): void {
  const { input } = document.value;
  if (!Array.isArray(input) || !input.some(isForeign)) return;
  const exact = exactMember(document, "input") as readonly unknown[];
  const kept = exact.filter((item, index) => {
    if (!isForeign(item)) return true;
    losses.add("dropped", `input[${index}]`, "thought of another provider");
    return false;
  });
  edits.set("input", JSON.stringify(kept));
}

/** Whether an item is thought that this gateway has sealed, or told without any proof. */
function isForeign(item: unknown): boolean {
  if (!isJsonObject(item) || item.type !== "reasoning") return false;
  const { encrypted_content: content, id } = item;
  return content ? openThought(content) !== undefined : isOwnItemId(id);
}
