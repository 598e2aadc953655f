import { exactMember } from "../../_json_exact.ts";
import type { JsonDocument } from "../../json_document.ts";
import { isObject } from "../_json.ts";

const POINT = { type: "ephemeral" } as const;
/** Blocks that a breakpoint may stand at. */
const MARKABLE: ReadonlySet<unknown> = new Set([
  "text",
  "image",
  "document",
  "tool_result",
]);

/**
 * The edits that set breakpoints of the prompt cache in a Messages request
 * that has none: behind the system's words, and behind the last turn.
 */
export function cachePointEdits(
  document: JsonDocument,
  edits: Map<string, string | undefined>,
): void {
  if (document.text.includes('"cache_control"')) return;
  for (const name of ["system", "messages"] as const) {
    // What is written anew for another reason stays as that left it.
    if (edits.has(name) || !document.spans.has(name)) continue;
    const value = exactMember(document, name);
    const marked = name === "system"
      ? withPoint(value)
      : withPointInLast(value);
    if (marked !== undefined) edits.set(name, JSON.stringify(marked));
  }
}

/** The last turn with a breakpoint; `undefined` where it can't have one. */
function withPointInLast(messages: unknown): unknown {
  if (!Array.isArray(messages)) return undefined;
  const last: unknown = messages.at(-1);
  if (!isObject(last)) return undefined;
  const content = withPoint(last.content);
  return content === undefined
    ? undefined
    : messages.with(-1, { ...last, content });
}

/** Text or blocks, the last one with a breakpoint. */
function withPoint(content: unknown): unknown {
  if (typeof content === "string") {
    return content.trim() === ""
      ? undefined
      : [{ type: "text", text: content, cache_control: POINT }];
  }
  if (!Array.isArray(content)) return undefined;
  const last: unknown = content.at(-1);
  if (!isObject(last) || !MARKABLE.has(last.type)) return undefined;
  return content.with(-1, { ...last, cache_control: POINT });
}
