import type {
  Message,
  Part,
  ToolCallPart,
  ToolResultPart,
} from "../../conversation.ts";
import { invalidRequest } from "../openai_chat/_decode_node.ts";
import { shown } from "../_call_faults.ts";

/** One turn of the model and what its tools answered. */
interface Turn {
  readonly parts: Part[];
  readonly results: Message[];
}

/** A call and its place in the request, for messages. */
interface Call {
  readonly turn: Turn;
  readonly param: string;
  answered: boolean;
}

/**
 * Makes turns of a flat list of items: what the model gave in a row is one turn
 * (B24), and the results of its calls stand right behind it, wherever they
 * came, since most providers want them there.
 */
export class Turns {
  readonly #entries: (Message | Turn)[] = [];
  readonly #calls = new Map<string, Call>();
  /** The turn that still grows. */
  #open: Turn | undefined;
  /** The signature of the call that comes next. */
  #signature: string | undefined;

  /** Takes a message that is not the model's. */
  addMessage(message: Message): void {
    this.#open = undefined;
    this.#signature = undefined;
    this.#entries.push(message);
  }

  /** Takes parts of the model's turn. */
  addParts(parts: readonly Part[]): void {
    const turn = this.#turn();
    for (const part of parts) turn.parts.push(part);
  }

  /**
   * Takes a call of the model.
   *
   * @throws {GatewayError} 400 where its id is that of a call without a result.
   */
  addCall(call: ToolCallPart, param: string): void {
    if (this.#calls.get(call.id)?.answered === false) {
      throw invalid(
        `Duplicate function call with call_id '${shown(call.id)}'`,
        param,
      );
    }
    const signature = this.#signature;
    const turn = this.#turn();
    turn.parts.push(signature === undefined ? call : { ...call, signature });
    this.#signature = undefined;
    this.#calls.set(call.id, { turn, param, answered: false });
  }

  /**
   * Takes a tool's result.
   *
   * @throws {GatewayError} 400 where it answers no call, or one that has been answered (A23).
   */
  addResult(result: ToolResultPart, param: string): void {
    const call = this.#calls.get(result.callId);
    if (call === undefined || call.answered) {
      throw invalid(
        call === undefined
          ? `No tool call found for function call output with call_id '${
            shown(result.callId)
          }'`
          : `The function call with call_id '${
            shown(result.callId)
          }' has been answered already`,
        param,
      );
    }
    call.answered = true;
    call.turn.results.push({ role: "tool", parts: [result] });
    // What the model says after a result is another turn.
    if (this.#open === call.turn) this.#open = undefined;
  }

  /** Keeps the signature of the call that comes next. */
  signNextCall(signature: string): void {
    this.#turn();
    this.#signature = signature;
  }

  /**
   * Signs the text that the model's turn ends with.
   *
   * @returns Whether it does.
   */
  signLastText(signature: string): boolean {
    const parts = this.#open?.parts ?? [];
    const last = parts.at(-1);
    if (last?.type !== "text") return false;
    parts[parts.length - 1] = { ...last, signature };
    return true;
  }

  /** Takes the messages of an earlier request and its answer. */
  addEarlier(messages: readonly Message[], param: string): void {
    for (const message of messages) {
      if (message.role !== "assistant" && message.role !== "tool") {
        this.addMessage(message);
        continue;
      }
      for (const part of message.parts) {
        if (part.type === "tool_call") this.addCall(part, param);
        else if (part.type === "tool_result") this.addResult(part, param);
        else this.addParts([part]);
      }
    }
  }

  /**
   * All messages, oldest first.
   *
   * @throws {GatewayError} 400 where a call has no result (A23).
   */
  messages(): Message[] {
    for (const [id, { answered, param }] of this.#calls) {
      if (answered) continue;
      throw invalid(
        `No tool output found for function call '${shown(id)}'`,
        param,
      );
    }
    const messages: Message[] = [];
    for (const entry of this.#entries) {
      if ("role" in entry) {
        messages.push(entry);
        continue;
      }
      if (entry.parts.length > 0) {
        messages.push({ role: "assistant", parts: entry.parts });
      }
      for (const result of entry.results) messages.push(result);
    }
    return messages;
  }

  #turn(): Turn {
    if (this.#open === undefined) {
      this.#open = { parts: [], results: [] };
      this.#entries.push(this.#open);
    }
    return this.#open;
  }
}

function invalid(message: string, param: string): Error {
  return invalidRequest(message, { code: "invalid_value", param });
}
