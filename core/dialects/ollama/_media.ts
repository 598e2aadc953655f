import type { FilePart, Part } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import type { LossReport } from "../../loss_report.ts";

const TEXTUAL = /^(?:text\/|application\/json$)/;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A request that Ollama can't carry. `action` ends the sentence "Cannot …". */
export function cannotCarry(param: string, action: string): GatewayError {
  return new GatewayError("invalid_request", `Cannot ${action}`, {
    code: "unsupported_value",
    param,
  });
}

/** The text and the pictures of some parts, which Ollama takes apart from each other (I7). */
export function splitParts(
  parts: readonly Part[],
  { param, between, losses }: {
    readonly param: string;
    /** Stands between two texts. */
    readonly between: string;
    readonly losses: LossReport;
  },
): { readonly content: string; readonly images: readonly string[] } {
  const texts: string[] = [];
  const images: string[] = [];
  parts.forEach((part, index) => {
    const place = `${param}.content[${index}]`;
    switch (part.type) {
      case "text":
      case "refusal":
        texts.push(part.text);
        return;
      case "image":
        if (part.data === undefined) {
          throw cannotCarry(
            place,
            "send an image by its address to this provider: send its data",
          );
        }
        images.push(part.data);
        return;
      case "reasoning":
      case "tool_call":
      case "tool_result":
        return;
      case "file": {
        const text = textOf(part);
        if (text === undefined) break;
        losses.add("changed", `${place}.file`, "sent as text");
        texts.push(text);
        return;
      }
    }
    throw cannotCarry(
      place,
      `send content of type '${part.type}' to this provider`,
    );
  });
  return { content: texts.join(between), images };
}

/** A document of plain text, under its name; `undefined` for any other. */
function textOf(
  { data, mediaType = "", filename }: FilePart,
): string | undefined {
  if (data === undefined || !TEXTUAL.test(mediaType)) return undefined;
  try {
    const text = decoder.decode(Uint8Array.fromBase64(data));
    return filename === undefined ? text : `${filename}\n${text}`;
  } catch {
    return undefined;
  }
}
