import type { Part } from "../../conversation.ts";
import { wireCallId } from "./_encode_call_ids.ts";
import type { Site } from "./_encode_site.ts";
import { isName, type MutableJson } from "./_pass_json.ts";
import {
  ANTHROPIC_FORMAT,
  canRead,
  GEMINI_FORMAT,
  unpackProof,
  UNPROVEN,
} from "./_thought_proof.ts";

/**
 * Encodes the thought of an assistant turn in the field in which the provider
 * wants it back (C12, C13, J4, J6). Signatures and encrypted thought have a
 * place in `reasoning_details` only. The site is the message.
 */
export function encodeThought(
  parts: readonly Part[],
  site: Site,
): MutableJson {
  const { thought } = site.target.quirks;
  if (thought === "reasoning_details") {
    const details = encodeDetails(parts, site);
    return details.length === 0 ? {} : { reasoning_details: details };
  }
  if (thought === "reasoning_content" || thought === "reasoning") {
    return encodeText(parts, site, thought);
  }
  if (parts.some(({ type }) => type === "reasoning")) lose(site);
  return {};
}

function encodeText(
  parts: readonly Part[],
  site: Site,
  field: "reasoning_content" | "reasoning",
): MutableJson {
  let text = "";
  for (const part of parts) {
    if (part.type !== "reasoning") continue;
    text += part.text;
    if (part.redacted !== undefined || part.signature !== undefined) {
      lose(site, "its proof can't be carried");
    }
  }
  if (text !== "") return { [field]: text };
  const { missingThought } = site.target.quirks;
  return missingThought !== undefined &&
      parts.some(({ type }) => type === "tool_call")
    ? { [field]: missingThought }
    : {};
}

function encodeDetails(parts: readonly Part[], site: Site): MutableJson[] {
  const { quirks } = site.target;
  const details: MutableJson[] = [];
  for (const part of parts) {
    const detail = part.type === "reasoning"
      ? readable(reasoningDetail(part), site)
      : part.type === "tool_call" && part.signature !== undefined
      ? geminiDetail(part.signature, site, wireCallId(part.id, quirks))
      : part.type === "text" && part.signature !== undefined
      ? geminiDetail(part.signature, site)
      : undefined;
    if (detail) details.push({ ...detail, index: details.length });
  }
  return details;
}

/** A thought as this model can read it: the proofs of others make it answer with a 400. */
function readable(detail: MutableJson, site: Site): MutableJson | undefined {
  const { model } = site.target;
  const { text, format } = detail;
  if (canRead(model, format)) return detail;
  lose(
    site,
    format === UNPROVEN
      ? "thought without a signature"
      : "another model's proof",
  );
  const rest = { type: "reasoning.text", text, format: UNPROVEN };
  return isName(text) && canRead(model, UNPROVEN) ? rest : undefined;
}

function reasoningDetail(
  { text, signature, redacted }: Part & { type: "reasoning" },
): MutableJson {
  if (redacted !== undefined) {
    return unpackProof(redacted) ?? {
      type: "reasoning.encrypted",
      data: redacted,
      format: ANTHROPIC_FORMAT,
    };
  }
  return signature === undefined
    ? { type: "reasoning.text", text, format: UNPROVEN }
    : { type: "reasoning.text", text, signature, format: ANTHROPIC_FORMAT };
}

/** Gemini's signature; to others it means nothing. */
function geminiDetail(
  data: string,
  { target }: Site,
  id?: string,
): MutableJson | undefined {
  if (!canRead(target.model, GEMINI_FORMAT)) return undefined;
  const of = id === undefined ? {} : { id };
  return { type: "reasoning.encrypted", data, format: GEMINI_FORMAT, ...of };
}

function lose({ param, target }: Site, detail: string = target.provider): void {
  target.losses.add("dropped", `${param}.reasoning_content`, detail);
}
