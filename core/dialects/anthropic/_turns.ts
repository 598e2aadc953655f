import type { LossReport } from "../../loss_report.ts";
import {
  sameCallId,
  unansweredCall,
  unmatchedResult,
} from "../_call_faults.ts";

/** Who speaks in a turn on the wire. */
export type TurnRole = "user" | "assistant" | "system";

interface Turn {
  readonly role: TurnRole;
  /** Tool results, which have to come first in a user turn (C6). */
  readonly results: string[];
  readonly blocks: string[];
  /** Whether the first block is thought. */
  startsWithThought: boolean;
}

/** Said for the user where the conversation begins with the assistant (C4). */
export const OPENING = "(The assistant speaks first.)";

/**
 * The turns of one request: merges neighbours of one role, puts tool results
 * in front and pairs them with their calls (C4–C7, A23).
 */
export class Turns {
  readonly #turns: Turn[] = [];
  /** Calls of the last assistant turn that have no result yet, with their params. */
  readonly #open = new Map<string, string>();
  /** Calls of the last assistant turn that have one. */
  readonly #answered = new Set<string>();

  /** Whether a system turn may follow: behind the user's, or as part of one (C3). */
  get takesSystem(): boolean {
    const last = this.#turns.at(-1);
    return last !== undefined && last.role !== "assistant";
  }

  /** Whether the request goes on with a tool loop whose last assistant turn does not begin with thought. */
  get loopWithoutThought(): boolean {
    const last = this.#turns.at(-1);
    return last?.role === "user" && last.results.length > 0 &&
      this.#turns.at(-2)?.startsWithThought === false;
  }

  /** Adds a block to a turn of this role; `""` adds nothing. */
  add(role: TurnRole, block: string, isThought = false): void {
    if (block === "") return;
    const turn = this.#turn(role);
    if (turn.blocks.length === 0) turn.startsWithThought = isThought;
    turn.blocks.push(block);
  }

  /** Adds a tool call. `param` names it. */
  addCall(id: string, block: string, param: string): void {
    this.add("assistant", block);
    if (this.#open.has(id)) {
      throw sameCallId(param, id);
    }
    this.#open.set(id, param);
  }

  /** Adds the result of a call of the last assistant turn. `param` names its message. */
  addResult(callId: string, block: string, param: string): void {
    if (!this.#open.delete(callId)) {
      throw unmatchedResult(param, {
        id: callId,
        isAnswered: this.#answered.has(callId),
      });
    }
    this.#answered.add(callId);
    this.#turn("user").results.push(block);
  }

  /**
   * Ends the conversation and gives its turns as JSON texts. `opening` is the
   * block with {@linkcode OPENING}.
   */
  finish(losses: LossReport, opening: string): string[] {
    this.#requireResults();
    const turns = this.#turns.map(({ role, results, blocks }) =>
      `{"role":"${role}","content":[${results.concat(blocks).join()}]}`
    );
    if (this.#turns[0]?.role === "assistant") {
      turns.unshift(`{"role":"user","content":[${opening}]}`);
      losses.add(
        "approximated",
        "messages",
        "a user turn was put first",
      );
    }
    return turns;
  }

  #turn(role: TurnRole): Turn {
    const last = this.#turns.at(-1);
    if (last?.role === role) return last;
    if (role === "assistant") {
      this.#requireResults();
      this.#answered.clear();
    }
    const turn = { role, results: [], blocks: [], startsWithThought: false };
    this.#turns.push(turn);
    return turn;
  }

  #requireResults(): void {
    for (const [id, param] of this.#open) {
      throw unansweredCall(param, id);
    }
  }
}
