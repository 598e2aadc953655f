import type { CacheControl, Conversation, Message } from "../conversation.ts";

/** A breakpoint with the provider's own lifetime. */
const POINT: CacheControl = {};

/**
 * The conversation with breakpoints of the prompt cache where turns that follow
 * find them again: behind the tools, behind what the system says at its head,
 * and behind the last turn. One that has breakpoints stays as it is: who sets
 * them knows better.
 */
export function withCachePoints(
  conversation: Conversation,
  options: {
    /** Whether one may stand behind the tools. @default {true} */
    readonly tools?: boolean;
  } = {},
): Conversation {
  const { tools = [], messages } = conversation;
  if (tools.some(({ cacheControl }) => cacheControl)) return conversation;
  if (messages.some(isMarked)) return conversation;
  const head = messages.findIndex(({ role }) =>
    role !== "system" && role !== "developer"
  );
  const marked = [...messages];
  markLastPart(marked, (head < 0 ? messages.length : head) - 1);
  if (head >= 0) markLastPart(marked, messages.length - 1);
  const lastTool = options.tools === false ? undefined : tools.at(-1);
  return {
    ...conversation,
    messages: marked,
    ...(lastTool && {
      tools: tools.with(-1, { ...lastTool, cacheControl: POINT }),
    }),
  };
}

function isMarked({ parts }: Message): boolean {
  return parts.some((part) =>
    "cacheControl" in part && part.cacheControl !== undefined ||
    part.type === "tool_result" &&
      part.parts.some(({ cacheControl }) => cacheControl)
  );
}

/** Marks the last part of a message that can be marked. */
function markLastPart(messages: Message[], index: number): void {
  const message = messages[index];
  if (message === undefined) return;
  const at = message.parts.findLastIndex(({ type }) =>
    type === "text" || type === "image" || type === "file" ||
    type === "tool_result"
  );
  const part = message.parts[at];
  if (part === undefined || part.type === "text" && part.text === "") return;
  const marked = { ...part, cacheControl: POINT };
  messages[index] = { ...message, parts: message.parts.with(at, marked) };
}
