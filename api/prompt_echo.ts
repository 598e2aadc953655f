import { withoutEcho } from "@llm-proxy/logging";
import type { RequestRecord } from "./request_record.ts";

/** How much of a prompt is held against what a provider says of it, in UTF-16 units. */
const MAX_PROMPT = 262_144;
const MAX_DEPTH = 16;
/** How many causes of an error are looked at. */
const MAX_CAUSES = 4;

/**
 * A text for the log without what it repeats of the prompt: a provider that
 * refuses a request may quote it, and no prompt is logged.
 */
export function withoutPrompt(
  { document }: Pick<RequestRecord, "document">,
  text: string,
): string {
  return document === undefined
    ? text
    : withoutEcho(text, promptOf(document.value));
}

/** The cause of an error for the log: as it is, or what it says where that repeats the prompt. */
export function causeWithoutPrompt(
  record: Pick<RequestRecord, "document">,
  cause: unknown,
): unknown {
  if (cause === undefined || record.document === undefined) return cause;
  const said = saidBy(cause);
  const clean = withoutPrompt(record, said);
  return clean === said ? cause : clean;
}

/** What an error and its causes say. */
function saidBy(error: unknown): string {
  const messages: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    messages.push(`${at.name}: ${at.message}`);
    if (messages.length === MAX_CAUSES) break;
  }
  return messages.length > 0
    ? messages.join("; ")
    : typeof error === "string"
    ? error
    : JSON.stringify(error) ?? "";
}

/** Every text of a request but the model's name. */
function promptOf(value: Readonly<Record<string, unknown>>): string {
  const texts: string[] = [];
  let left = MAX_PROMPT;
  const walk = (part: unknown, depth: number): void => {
    if (left <= 0 || depth > MAX_DEPTH) return;
    if (typeof part === "string") {
      left -= part.length + 1;
      texts.push(part.slice(0, MAX_PROMPT));
    } else if (typeof part === "object" && part !== null) {
      for (const member of Object.values(part)) walk(member, depth + 1);
    }
  };
  for (const [name, member] of Object.entries(value)) {
    if (name !== "model") walk(member, 0);
  }
  return texts.join("\n");
}
