import type { EmbeddingQuery } from "../../embedding.ts";
import type { JsonDocument } from "../../json_document.ts";
import { RequestNode } from "../openai_chat/_decode_node.ts";
import { withCamelNames } from "./_camel_names.ts";
import { nodesOf, unsupported } from "./_request_nodes.ts";

/** What a Gemini client wants vectors of. */
export interface EmbedQuery extends Omit<EmbeddingQuery, "model"> {
  /** Names of fields that the vocabulary has no word for. */
  readonly unmapped: readonly string[];
}

const MEMBERS: ReadonlySet<string> = new Set([
  "model",
  "content",
  "outputDimensionality",
]);

/**
 * Reads a request of `embedContent`, or one of `batchEmbedContents`.
 *
 * @throws {GatewayError} 400 naming the field at fault (K17).
 */
export function decodeEmbedQuery(
  document: JsonDocument,
  { isBatch }: { readonly isBatch: boolean },
): EmbedQuery {
  const unmapped: string[] = [];
  const value = withCamelNames(document.value, document.text);
  const root = new RequestNode(value, unmapped);
  const requests = isBatch ? nodesOf(root, "requests") : [root];
  if (requests.length === 0) throw root.missing("requests");
  const inputs = requests.map(textOf);
  const lengths = requests.map((one) => one.integer("outputDimensionality", 1));
  const [dimensions] = lengths;
  const other = lengths.findIndex((length) => length !== dimensions);
  if (other > 0) {
    throw unsupported(requests[other]!, {
      key: "outputDimensionality",
      what: "Vectors of several lengths are",
    });
  }
  return {
    inputs,
    ...(dimensions !== undefined && { dimensions }),
    unmapped,
  };
}

/** The text of one request: its parts in a row. */
function textOf(request: RequestNode): string {
  request.noteUnknown(MEMBERS);
  const content = request.requireNode("content");
  const parts = nodesOf(content, "parts");
  if (parts.length === 0) throw content.missing("parts");
  return parts.map((part) => {
    const text = part.string("text");
    if (text !== undefined) return text;
    throw unsupported(part, {
      key: "text",
      what: "Embeddings of anything besides text are",
    });
  }).join("");
}
