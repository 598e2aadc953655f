import type { JsonDocument } from "../../json_document.ts";
import { editJsonDocument } from "../../json_document.ts";
import { isObject } from "../_json.ts";

/** Fields of the older API that the newer refuses. */
const GONE = ["return_documents", "rank_fields", "max_chunks_per_doc"] as const;

/** A request to rank as `/v2/rerank` takes it: documents are texts, and it gives none back. */
export function encodeRerank(document: JsonDocument, model: string): string {
  const { documents } = document.value;
  const edits = new Map<string, string | undefined>([
    ["model", JSON.stringify(model)],
  ]);
  for (const name of GONE) {
    if (document.spans.has(name)) edits.set(name, undefined);
  }
  if (Array.isArray(documents) && documents.some(isObject)) {
    const texts = documents.map((item: unknown) =>
      isObject(item) && typeof item.text === "string"
        ? item.text
        : typeof item === "string"
        ? item
        : JSON.stringify(item)
    );
    edits.set("documents", JSON.stringify(texts));
  }
  return editJsonDocument(document, edits);
}
