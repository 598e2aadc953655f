import type { AnswerEvent, AnswerPart } from "../answer.ts";

/** The parts that the events of a whole answer make. */
export function collectParts(events: readonly AnswerEvent[]): AnswerPart[] {
  const parts: AnswerPart[] = [];
  for (const event of events) {
    if (event.type === "part_start") parts[event.part] = partOf(event);
    else if (event.type === "part_delta") {
      const part = parts[event.part]!;
      if (part.type === "image") continue;
      parts[event.part] = part.type === "tool_call"
        ? { ...part, arguments: part.arguments + event.text }
        : { ...part, text: part.text + event.text };
    } else if (event.type === "part_end") {
      const { signature, citations } = event;
      if (signature === undefined && citations === undefined) continue;
      parts[event.part] = {
        ...parts[event.part]!,
        ...(signature !== undefined && { signature }),
        ...(citations !== undefined && { citations }),
      } as AnswerPart;
    }
  }
  return parts;
}

function partOf(event: AnswerEvent & { type: "part_start" }): AnswerPart {
  if (event.kind === "tool_call") {
    const { type: _, part: _part, kind, ...call } = event;
    return { type: kind, ...call, arguments: "" };
  }
  if (event.kind === "image") {
    const { data, mediaType } = event;
    return { type: "image", data, mediaType };
  }
  return "redacted" in event && event.redacted !== undefined
    ? { type: "reasoning", text: "", redacted: event.redacted }
    : { type: event.kind, text: "" };
}
