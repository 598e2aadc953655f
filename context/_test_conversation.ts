import type { CondensableMessage, CondensablePart } from "./condensable.ts";

/** A conversation of plain texts: `{messages}` of these. */
export function say(role: string, text: string): CondensableMessage {
  return { role, parts: [{ type: "text", text }] };
}

/** Draws from 0 up to but not including 1, the same numbers for the same seed. */
export function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const WORDS =
  "river stone market evening carried little question answer station printed hollow copper seven against morning letters could never garden bridge"
    .split(" ");

/** Words without much sense, some 1.25 tokens each. */
export function words(count: number, random: () => number): string {
  return Array.from(
    { length: count },
    () => WORDS[Math.floor(random() * WORDS.length)],
  ).join(" ");
}

/**
 * A conversation as agents have them: questions, calls with results, answers;
 * in each turn a fact `fact-N is XYZ`.
 */
export function agentTurns(
  turns: number,
  { size, random }: { readonly size: number; readonly random: () => number },
): CondensableMessage[] {
  const messages = [say("system", "You are a careful assistant. system-fact")];
  for (let turn = 0; turn < turns; turn++) {
    const fact = `fact-${turn} is ${Math.floor(random() * 1e9)}.`;
    messages.push(say("user", `${fact} ${words(size, random)}`));
    if (turn % 3 === 1) {
      const id = `call-${turn}`;
      const call: CondensablePart = {
        type: "tool_call",
        id,
        name: "look",
        arguments: `{"turn":${turn}}`,
      };
      const text = words(size * 4, random);
      messages.push(
        { role: "assistant", parts: [call] },
        {
          role: "tool",
          parts: [{
            type: "tool_result",
            callId: id,
            parts: [{ type: "text", text }],
          }],
        },
      );
    }
    messages.push(say("assistant", words(size, random)));
  }
  return messages;
}
