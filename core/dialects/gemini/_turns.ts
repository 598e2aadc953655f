import type { ToolCallPart, ToolResultPart } from "../../conversation.ts";
import {
  sameCallId,
  unansweredCall,
  unmatchedResult,
} from "../_call_faults.ts";
import type { Site } from "./_encoding.ts";
import { callPart, resultPart } from "./_parts.ts";

/** Who speaks in a turn; `results` are the user's on the wire (D3). */
type TurnKind = "user" | "model" | "results";

interface Turn {
  readonly kind: TurnKind;
  readonly parts: string[];
  /** What follows the parts: media of tool results. */
  readonly beside: string[];
}

/** A call of the last model turn. */
interface Call {
  readonly name: string;
  /** Its place among the calls of its turn. */
  readonly index: number;
  readonly param: string;
  isAnswered: boolean;
}

/** Said for the user where the conversation begins with the model. */
const OPENING = `{"text":"(The assistant speaks first.)"}`;

/**
 * The turns of one request: merges neighbours of one speaker, pairs tool
 * results with their calls and puts them in one turn right behind these, in
 * the order of the calls (A23, D5–D8).
 */
export class Turns {
  readonly #turns: Turn[] = [];
  /** The calls of the last model turn, by id. */
  readonly #calls = new Map<string, Call>();
  #results: Turn | undefined;

  /** Adds a part to a turn; `""` adds nothing. */
  add(kind: "user" | "model", part: string): void {
    if (part !== "") this.#turn(kind).parts.push(part);
  }

  /** Adds a tool call. The site names it. */
  addCall(part: ToolCallPart, site: Site): void {
    const turn = this.#turn("model");
    if (this.#calls.has(part.id)) {
      throw sameCallId(site.param, part.id);
    }
    const index = this.#calls.size;
    turn.parts.push(callPart(part, { ...site, isFirst: index === 0 }));
    this.#calls.set(part.id, {
      name: part.name,
      index,
      param: site.param,
      isAnswered: false,
    });
  }

  /** Adds the result of a call of the last model turn. The site names its message. */
  addResult(part: ToolResultPart, site: Site): void {
    const call = this.#calls.get(part.callId);
    if (call === undefined || call.isAnswered) {
      throw unmatchedResult(site.param, {
        id: part.callId,
        isAnswered: call !== undefined,
      });
    }
    call.isAnswered = true;
    const result = resultPart(part, { ...site, name: call.name });
    const turn = this.#resultsTurn();
    turn.parts[call.index] = result.part;
    turn.beside.push(...result.beside);
  }

  /** Ends the conversation and gives its turns as JSON texts. */
  finish({ encoding }: Pick<Site, "encoding">): string[] {
    this.#requireResults();
    const turns = this.#turns.map(({ kind, parts, beside }) =>
      `{"role":"${kind === "model" ? "model" : "user"}","parts":[${
        parts.concat(beside).join()
      }]}`
    );
    if (this.#turns[0]?.kind === "model") {
      turns.unshift(`{"role":"user","parts":[${OPENING}]}`);
      encoding.losses.add(
        "approximated",
        "messages",
        "a user turn was put first",
      );
    }
    return turns;
  }

  #turn(kind: "user" | "model"): Turn {
    const last = this.#turns.at(-1);
    if (last?.kind === kind) return last;
    if (kind === "model") {
      this.#requireResults();
      this.#calls.clear();
      this.#results = undefined;
    } else if (this.#calls.size > 0) {
      // Keeps the place right behind the calls for their results.
      this.#resultsTurn();
    }
    return this.#push(kind);
  }

  #resultsTurn(): Turn {
    return this.#results ??= this.#push("results");
  }

  #push(kind: TurnKind): Turn {
    const turn: Turn = { kind, parts: [], beside: [] };
    this.#turns.push(turn);
    return turn;
  }

  #requireResults(): void {
    for (const [id, { param, isAnswered }] of this.#calls) {
      if (isAnswered) continue;
      throw unansweredCall(param, id);
    }
  }
}
