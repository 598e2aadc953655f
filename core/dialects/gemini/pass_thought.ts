import { exactMember } from "../../_json_exact.ts";
import type { PassedTurns } from "../../passed_thought.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";
import { GeminiCallKeys, madeCallId } from "./_call_keys.ts";
import { isSealed } from "./_thought_seal.ts";

/**
 * The turns of a Gemini request with the signatures of calls that its client
 * has lost, and without those of another family (D9).
 */
export const geminiTurns: PassedTurns = {
  member: "contents",
  callKeys: (document) => new GeminiCallKeys(document),
  restore(document, thoughts) {
    const keys = new GeminiCallKeys(document);
    let count = 0;
    return asList(exactMember(document, "contents")).map((turn) => {
      if (!isObject(turn)) return turn;
      let isChanged = false;
      const parts = asList(turn.parts).map((part) => {
        const call = callOf(part);
        if (call === undefined) return part;
        count++;
        const id = asText(call.id) || keys.find(madeCallId(count));
        const kept = thoughts.first([id]);
        if (kept === undefined || !isObject(part)) return part;
        const isSigned = hasSignature(part);
        if (!kept.isOwn && isSigned) {
          thoughts.strip("contents.thoughtSignature");
          isChanged = true;
          const { thoughtSignature: _, thought_signature: __, ...rest } = part;
          return rest;
        }
        if (!kept.isOwn || isSigned || kept.signature === undefined) {
          return part;
        }
        thoughts.restored();
        isChanged = true;
        return { ...part, thoughtSignature: kept.signature };
      });
      return isChanged ? { ...turn, parts } : turn;
    });
  },
  mayLack: ({ value }) =>
    asList(value.contents).some((turn) =>
      isObject(turn) && asList(turn.parts).some(callOf)
    ),
};

function callOf(part: unknown): JsonObject | undefined {
  if (!isObject(part)) return undefined;
  const call = part.functionCall ?? part.function_call;
  return isObject(call) ? call : undefined;
}

function hasSignature(part: JsonObject): boolean {
  const signature = part.thoughtSignature ?? part.thought_signature;
  // What the gateway has sealed goes with all the thought beside it.
  return asText(signature) !== "" && !isSealed(signature);
}
