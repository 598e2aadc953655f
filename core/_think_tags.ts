import type { Answer, AnswerPart } from "./answer.ts";
import type { ProviderDialect } from "./dialect.ts";
import { ThinkSplitter } from "./_think_splitter.ts";
import {
  moveCitations,
  ThinkStreamDecoder,
  type ThinkTags,
} from "./_think_stream.ts";

/** A provider's dialect whose answers begin with thought between tags (J27). */
export function withThinkTags(
  dialect: ProviderDialect,
  tags: ThinkTags,
): ProviderDialect {
  return {
    ...dialect,
    decodeAnswer: (body, losses) =>
      splitThought(dialect.decodeAnswer(body, losses), tags),
    streamDecoder: (losses, quirks) =>
      new ThinkStreamDecoder(dialect.streamDecoder(losses, quirks), tags),
  };
}

/** The answer with what it thought apart from what it says. */
function splitThought(answer: Answer, tags: ThinkTags): Answer {
  const at = answer.parts.findIndex(({ type }) => type === "text");
  const part = answer.parts[at];
  if (part?.type !== "text") return answer;
  const splitter = new ThinkSplitter(tags);
  const pieces = [...splitter.push(part.text), ...splitter.end()];
  const join = (isThought: boolean): string =>
    pieces.filter((piece) => piece.isThought === isThought)
      .map(({ text }) => text).join("");
  const thought = join(true);
  const said: AnswerPart = {
    ...part,
    text: join(false),
    ...moveCitations(part.citations, splitter.cut),
  };
  const isSaid = said.text !== "" || said.signature !== undefined;
  return {
    ...answer,
    parts: answer.parts.toSpliced(
      at,
      1,
      ...thought === "" ? [] : [{ type: "reasoning", text: thought } as const],
      ...isSaid ? [said] : [],
    ),
  };
}
