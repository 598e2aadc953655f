import type { GatewayError } from "../../errors.ts";
import { isJsonObject, type RequestNode } from "../openai_chat/_decode_node.ts";

/** Reads an array of objects, for which Google's APIs take a lone one, too. */
export function nodesOf(node: RequestNode, key: string): RequestNode[] {
  const value = node.raw(key);
  return isJsonObject(value) ? [node.requireNode(key)] : node.nodes(key) ?? [];
}

/** Something that can't be left out without changing what is asked. `what` begins the sentence. */
export function unsupported(
  node: RequestNode,
  { key, what }: { readonly key: string; readonly what: string },
): GatewayError {
  return node.refuse(
    key,
    `${what} not supported by this model's provider`,
    "unsupported_value",
  );
}
