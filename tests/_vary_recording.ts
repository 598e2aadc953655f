/**
 * Recordings as their providers might send them tomorrow: another spelling,
 * other pieces, more members, and the same meaning.
 *
 * @module
 */

import { SseParser } from "@llm-proxy/core";
import { Dice } from "./_dice.ts";
import type { Recording } from "./_recordings.ts";
import { drawSpelling, spellJson } from "./_spell_json.ts";
import { varyChunks, varyCompletion } from "./_vary_chat.ts";
import { varyGenerated, varyGeneratedWhole } from "./_vary_gemini.ts";
import { varyMessage, varyMessageEvents } from "./_vary_messages.ts";
import { varyResponse, varyResponseEvents } from "./_vary_responses.ts";

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

/** The ways of one dialect to say the same otherwise. */
interface Variety {
  readonly events: (events: readonly Json[], dice: Dice) => Json[];
  readonly whole: (answer: Json, dice: Dice) => Json;
  /** Events are named beside their data. */
  readonly isNamed?: true;
}

/** Other letters alone. */
const AS_IT_IS: Variety = {
  events: (events) => [...events],
  whole: (answer) => answer,
};

const VARIETIES: Readonly<Record<string, Variety>> = {
  Chat: { events: varyChunks, whole: varyCompletion },
  Responses: {
    events: varyResponseEvents,
    whole: varyResponse,
    isNamed: true,
  },
  Anthropic: { events: varyMessageEvents, whole: varyMessage, isNamed: true },
  Gemini: { events: varyGenerated, whole: varyGeneratedWhole },
  Cohere: { ...AS_IT_IS, isNamed: true },
  Ollama: AS_IT_IS,
};

/** A recording of this family in another form. */
export function varyRecording(
  recording: Recording,
  { family, random }: {
    readonly family: string;
    readonly random: () => number;
  },
): Recording {
  const variety = VARIETIES[family]!;
  const dice = new Dice(random);
  const spelling = drawSpelling(random);
  const spell = (value: Json): string => spellJson(value, { spelling, random });
  if (!recording.stream) {
    const answer = variety.whole(JSON.parse(recording.body), dice);
    return { ...recording, body: spell(answer) };
  }
  if (!/event-stream/i.test(recording.contentType)) {
    const lines = recording.body.trimEnd().split("\n");
    const body = lines.map((line) => `${spell(JSON.parse(line))}\n`).join("");
    return { ...recording, body };
  }
  const told = [
    ...new SseParser().push(new TextEncoder().encode(recording.body)),
  ];
  const hasDone = told.at(-1)?.data === "[DONE]";
  const events = variety.events(
    told.filter(({ data }) => data !== "[DONE]").map(({ data }) =>
      JSON.parse(data)
    ),
    dice,
  );
  const end = dice.one(["\n", "\r\n"]);
  const colon = dice.one([":", ": "]);
  const comments = dice.toss(0.3);
  const line = (name: string, text: string): string =>
    `${name}${colon}${text}${end}`;
  const body = events.map((event) =>
    (comments && dice.toss(0.2) ? `: PROCESSING${end}${end}` : "") +
    (variety.isNamed ? line("event", event.type) : "") +
    line("data", spell(event)) + end
  ).join("");
  return {
    ...recording,
    contentType: dice.one([
      recording.contentType,
      "text/event-stream; charset=UTF-8",
      "Text/Event-Stream",
    ]),
    body: body + (hasDone ? line("data", "[DONE]") + end : ""),
  };
}
