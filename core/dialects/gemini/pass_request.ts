import { exactMember } from "../../_json_exact.ts";
import type { DialectTarget, EncodedRequest } from "../../dialect.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import { asList, isObject, type JsonObject } from "../_json.ts";
import { modelPath, modelResource } from "./_model_path.ts";
import { modelTraits } from "./_models.ts";
import { NO_SIGNATURE } from "./_parts.ts";
import { isSealed } from "./_thought_seal.ts";

/** What {@linkcode passGeminiRequest} is told besides. */
export interface PassGeminiOptions {
  /** The answer shall be a stream. @default {false} */
  readonly stream?: boolean;
}

/**
 * Writes a Gemini request for a provider of the same dialect: the client's own
 * text with the smallest edit.
 *
 * Changed are the model, where the body names it; what the target's quirks
 * drop; and the history where another provider's turns would be refused: sealed
 * thought goes, and a call that Gemini 3 has not signed gets the provider's own
 * word for that (D9).
 */
export function passGeminiRequest(
  document: JsonDocument,
  target: DialectTarget,
  { stream = false }: PassGeminiOptions = {},
): EncodedRequest {
  const { model } = target;
  const method = stream ? ":streamGenerateContent?alt=sse" : ":generateContent";
  return {
    path: modelPath(model) + method,
    headers: {},
    body: editJsonDocument(document, editsFor(document, target)),
  };
}

/** The edits that a request with contents needs, by field. */
export function editsFor(
  document: JsonDocument,
  { model, quirks, losses, provider }: DialectTarget,
): Map<string, string | undefined> {
  const { value, spans } = document;
  const edits = new Map<string, string | undefined>();
  const resource = modelResource(model);
  if (spans.has("model") && value.model !== resource) {
    edits.set("model", JSON.stringify(resource));
  }
  for (const name of quirks.drop ?? []) {
    if (!spans.has(name) || edits.has(name)) continue;
    edits.set(name, undefined);
    losses.add("dropped", name, provider);
  }
  const { isThird } = modelTraits(model);
  const turns = asList(value.contents);
  const isForeign = turns.some(hasForeignThought);
  const isUnsigned = isThird && turns.some(lacksSignature);
  if ((isForeign || isUnsigned) && !edits.has("contents")) {
    const contents = asList(exactMember(document, "contents"))
      .flatMap((turn) => mended(turn, isThird));
    edits.set("contents", JSON.stringify(contents));
    if (isForeign) {
      losses.add("dropped", "contents.thought", "not of this provider");
    }
    if (isUnsigned) {
      const what = "thought signature is missing";
      losses.add("approximated", "contents.functionCall", what);
    }
  }
  return edits;
}

/** A turn without thought of other providers; one that held nothing else goes as a whole. */
function mended(turn: unknown, isThird: boolean): unknown[] {
  const parts = partsOf(turn);
  // Beside a sealed proof all thought is another provider's.
  const kept = hasForeignThought(turn)
    ? parts.filter((part) => !isThought(part) && !isForeign(part))
    : parts;
  const isUnsigned = isThird && lacksSignature(turn);
  if (!isObject(turn) || !isUnsigned && kept.length === parts.length) {
    return [turn];
  }
  if (kept.length === 0) return [];
  const first = isUnsigned ? kept.findIndex(isCall) : -1;
  return [{
    ...turn,
    parts: kept.map((part, index) =>
      index === first
        ? { ...part as JsonObject, thoughtSignature: NO_SIGNATURE }
        : part
    ),
  }];
}

/** Whether the first call of a turn is not signed. */
function lacksSignature(turn: unknown): boolean {
  const call = partsOf(turn).find(isCall);
  return isObject(call) && !call.thoughtSignature && !call.thought_signature;
}

function isCall(part: unknown): boolean {
  return isObject(part) && isObject(part.functionCall ?? part.function_call);
}

function hasForeignThought(turn: unknown): boolean {
  return partsOf(turn).some(isForeign);
}

function isForeign(part: unknown): boolean {
  return isObject(part) &&
    isSealed(part.thoughtSignature ?? part.thought_signature);
}

function isThought(part: unknown): boolean {
  return isObject(part) && part.thought === true;
}

function partsOf(turn: unknown): readonly unknown[] {
  return isObject(turn) ? asList(turn.parts) : [];
}
