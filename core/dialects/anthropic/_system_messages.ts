import type { Message, TextPart } from "../../conversation.ts";
import { misplaced } from "../_cannot_carry.ts";
import { isSendable, type Site } from "./_encoding.ts";
import { textBlock } from "./_parts.ts";

/** Whether a message instructs the model rather than speaks with it. */
export function isSystem({ role }: Message): boolean {
  return role === "system" || role === "developer";
}

/** A system message as blocks of the `system` field (C2). */
export function systemBlocks(message: Message, site: Site): string[] {
  const blocks: string[] = [];
  for (const [part, at] of textParts(message, site)) {
    const block = textBlock(part, at);
    if (block !== "") blocks.push(block);
  }
  return blocks;
}

/** A system message in mid-conversation as blocks: of a system turn, or of a user turn with a mark (C3). */
export function midSystemBlocks(
  message: Message,
  site: Site & { readonly isNative: boolean },
): string[] {
  if (site.isNative) return systemBlocks(message, site);
  const blocks: string[] = [];
  for (const [part, at] of textParts(message, site)) {
    if (!isSendable(part)) continue;
    const text = `<system>\n${part.text}\n</system>`;
    blocks.push(textBlock({ ...part, text }, at));
    const { losses } = site.encoding;
    losses.add("approximated", site.param, "sent as marked user text");
  }
  return blocks;
}

/**
 * For each message whether the assistant speaks next, or nobody: only there
 * the provider takes a system turn.
 */
export function systemPlaces(messages: readonly Message[]): readonly boolean[] {
  const places = new Array<boolean>(messages.length);
  let fits = true;
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index]!;
    places[index] = fits;
    if (isSystem(message) || !message.parts.some(isSendable)) continue;
    fits = message.role === "assistant";
  }
  return places;
}

function* textParts(
  { parts, role }: Message,
  { param, encoding }: Site,
): Generator<readonly [part: TextPart, site: Site]> {
  for (const [index, part] of parts.entries()) {
    const at = `${param}.content[${index}]`;
    if (part.type !== "text") throw misplaced(part, { param: at, role });
    yield [part, { param: at, encoding }];
  }
}
