import { createHash } from "node:crypto";
import type { JsonDocument } from "../../json_document.ts";
import type { CallKeys, ToldCall } from "../../passed_thought.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";
import { withCamelNames } from "./_camel_names.ts";

const MADE = /^call_\d+$/;

/** What is known of a request's turns. */
interface Turns {
  /** The keys of calls without an id, by the ids that they are given instead. */
  readonly made: ReadonlyMap<string, string>;
  /** Of all that has been said. */
  readonly digest: string;
}

/**
 * Knows calls again that come without an id: by their place in the turn, their
 * name, their arguments, and all that was said before (D5, D9). What clients
 * lose counts for nothing: ids, thought, signatures.
 */
export class GeminiCallKeys implements CallKeys {
  readonly #document: JsonDocument;
  #turns: Turns | undefined;

  /** Nothing is read before the first question. */
  constructor(document: JsonDocument) {
    this.#document = document;
  }

  /** The key of a call of the request that has no id of its own. */
  find(madeId: string): string | undefined {
    // Most have an id of their own, and nothing need be read.
    return MADE.test(madeId) ? this.#read().made.get(madeId) : undefined;
  }

  /** The key of a call of the answer. */
  next(call: ToldCall): string {
    return keyOf(this.#read().digest, call);
  }

  #read(): Turns {
    return this.#turns ??= readTurns(this.#document);
  }
}

/** The id that a call is given which has none: by its place in the conversation. */
export function madeCallId(number: number): string {
  return `call_${number}`;
}

function readTurns({ value, text }: JsonDocument): Turns {
  const made = new Map<string, string>();
  let digest = "";
  let before = "";
  let isReply = false;
  let [count, index] = [0, 0];
  for (const turn of asList(withCamelNames(value, text).contents)) {
    if (!isObject(turn)) continue;
    const parts = asList(turn.parts).filter(isObject);
    const isModel = turn.role === "model";
    // Pieces of a stream are turns in a row, some of them empty.
    if (isModel && parts.length === 0) continue;
    if (isModel && !isReply) [before, index] = [digest, 0];
    isReply = isModel;
    for (const { functionCall: call } of parts) {
      if (!isObject(call)) continue;
      count++;
      if (asText(call.id) !== "") {
        index++;
        continue;
      }
      const args = JSON.stringify(call.args ?? {});
      const name = asText(call.name);
      const key = keyOf(before, { name, arguments: args, index: index++ });
      made.set(madeCallId(count), key);
    }
    digest = hash([digest, isModel ? "model" : "user", ...wordsOf(parts)]);
  }
  return { made, digest };
}

function keyOf(before: string, { name, arguments: text, index }: ToldCall) {
  return hash([before, String(index), name, plain(text)]);
}

/** Arguments as a client writes them that has parsed them. */
function plain(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text || "{}"));
  } catch {
    return text;
  }
}

/** What parts say, however text is cut into them. */
function wordsOf(parts: readonly JsonObject[]): string[] {
  const words: string[] = [];
  let said = "";
  for (const part of parts) {
    if (part.thought === true) continue;
    if (typeof part.text === "string") {
      said += part.text;
      continue;
    }
    const { functionCall: call, functionResponse: result } = part;
    if (isObject(call)) {
      words.push("call", asText(call.name), JSON.stringify(call.args ?? {}));
    } else if (isObject(result)) {
      const { name, response } = result;
      words.push("result", asText(name), JSON.stringify(response ?? {}));
    } else {
      const { thoughtSignature: _, ...rest } = part;
      if (Object.keys(rest).length > 0) {
        words.push("part", JSON.stringify(rest));
      }
    }
  }
  return [...words, "text", said];
}

function hash(words: readonly string[]): string {
  const sum = createHash("sha256");
  // Lengths keep the words of two apart.
  for (const word of words) sum.update(`${word.length}:`).update(word);
  return `call:${sum.digest("base64url")}`;
}
