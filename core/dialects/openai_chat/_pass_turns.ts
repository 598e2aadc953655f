import type { DialectTarget, Quirks } from "../../dialect.ts";
import { isJsonObject, type JsonObject } from "./_decode_node.ts";
import { lacksThought } from "./pass_thought.ts";
import { withReadableDetails } from "./_pass_details.ts";
import { wireCallId } from "./_encode_call_ids.ts";

/** What the model is taken to have said where it must have said something (H6). */
const BRIDGE = { role: "assistant", content: "OK." };

/**
 * A list of messages as a provider takes it that is strict with ids of calls
 * (H4), with the order of turns (H6) and with thought in front of calls (J6);
 * the list itself where nothing is to be changed.
 */
export function mendTurns(list: unknown, target: DialectTarget): unknown {
  const { callIdLength, answersTools, missingThought } = target.quirks;
  if (!Array.isArray(list)) return list;
  const named = callIdLength === undefined ? list : withWireIds(list, target);
  const thought = missingThought === undefined
    ? named
    : withThought(named, { ...target.quirks, missingThought });
  const readable = target.quirks.thought === "reasoning_details"
    ? withReadableDetails(thought, target)
    : thought;
  return answersTools ? withAnswers(readable, target) : readable;
}

/** What nobody has any more is replaced by what the provider must find. */
function withThought(
  list: readonly unknown[],
  quirks: Quirks & { readonly missingThought: string },
): readonly unknown[] {
  const lacks = (message: unknown): boolean => lacksThought(message, quirks);
  return list.some(lacks)
    ? list.map((message) =>
      lacksThought(message, quirks)
        ? { ...message, reasoning_content: quirks.missingThought }
        : message
    )
    : list;
}

function withWireIds(
  list: readonly unknown[],
  { quirks }: DialectTarget,
): readonly unknown[] {
  let changed = false;
  const renamed = (value: JsonObject, key: string): JsonObject => {
    const id = value[key];
    if (typeof id !== "string") return value;
    const wire = wireCallId(id, quirks);
    if (wire === id) return value;
    changed = true;
    return { ...value, [key]: wire };
  };
  const messages = list.map((message: unknown) => {
    if (!isJsonObject(message)) return message;
    const result = renamed(message, "tool_call_id");
    const { tool_calls: calls } = result;
    if (!Array.isArray(calls)) return result;
    const wire = calls.map((call: unknown) =>
      isJsonObject(call) ? renamed(call, "id") : call
    );
    return { ...result, tool_calls: wire };
  });
  return changed ? messages : list;
}

function withAnswers(
  list: readonly unknown[],
  { losses, provider }: DialectTarget,
): readonly unknown[] {
  const needs = (index: number): boolean =>
    roleOf(list[index]) === "user" && roleOf(list[index - 1]) === "tool";
  if (!list.some((_, index) => needs(index))) return list;
  losses.add("changed", "messages", `${provider} wants an answer to each tool`);
  return list.flatMap((message, index) =>
    needs(index) ? [BRIDGE, message] : [message]
  );
}

function roleOf(message: unknown): unknown {
  return isJsonObject(message) ? message.role : undefined;
}
