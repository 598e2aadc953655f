import type { Part } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";

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
  param: string,
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
    }
    throw cannotCarry(
      place,
      `send content of type '${part.type}' to this provider`,
    );
  });
  return { content: texts.join("\n"), images };
}
