import type { DialectTarget } from "../../dialect.ts";
import { isMutableJson, isName, type MutableJson } from "./_pass_json.ts";
import {
  ANTHROPIC_FORMAT,
  canRead,
  hasKnownReader,
  unpackProof,
  UNPROVEN,
} from "./_thought_proof.ts";

/**
 * A list of messages without the thought that this model cannot read, since
 * another one has proven it: it would answer with a 400 (J4). The list itself
 * where there is none, and where it is not known whose the model is.
 */
export function withReadableDetails(
  list: readonly unknown[],
  { model, losses }: DialectTarget,
): readonly unknown[] {
  if (!hasKnownReader(model) || !list.some(hasDetails)) return list;
  let isChanged = false;
  const messages = list.map((message) => {
    if (!hasDetails(message)) return message;
    const details = message.reasoning_details;
    // Words and their signature may stand apart, as they were streamed.
    const plain = details.some(isSigned) ? ANTHROPIC_FORMAT : UNPROVEN;
    const kept = details.map((detail) => readable(detail, { model, plain }))
      .filter((detail) => detail !== undefined);
    const isSame = kept.length === details.length &&
      kept.every((detail, index) => detail === details[index]);
    if (isSame) return message;
    isChanged = true;
    const { reasoning_details: _, ...rest } = message;
    return kept.length === 0 ? rest : { ...rest, reasoning_details: kept };
  });
  if (!isChanged) return list;
  losses.add("dropped", "messages.reasoning_details", "another model's proof");
  return messages;
}

interface Detailed extends MutableJson {
  readonly reasoning_details: readonly unknown[];
}

function hasDetails(message: unknown): message is Detailed {
  return isMutableJson(message) && Array.isArray(message.reasoning_details);
}

function isSigned(detail: unknown): boolean {
  return isMutableJson(detail) && isName(detail.signature);
}

/** A detail as the model can read it; the very same where nothing had to change. `plain`: the format where none is told. */
function readable(
  detail: unknown,
  { model, plain }: { readonly model: string; readonly plain: string },
): unknown {
  if (!isMutableJson(detail)) return detail;
  const { data, text, format } = detail;
  const packed = isName(data) ? unpackProof(data) : undefined;
  if (packed !== undefined) return readable(packed, { model, plain });
  if (canRead(model, isName(format) ? format : plain)) return detail;
  return isName(text) && canRead(model, UNPROVEN)
    ? { type: "reasoning.text", text, format: UNPROVEN }
    : undefined;
}
