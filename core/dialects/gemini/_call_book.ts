import type { GatewayError } from "../../errors.ts";
import { madeCallId } from "./_call_keys.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";
import { shown } from "../_call_faults.ts";

/** A call of the last turn of the model. */
interface Call {
  readonly id: string;
  readonly name: string;
  /** The id is the caller's, not one that was made for it. */
  readonly isGiven: boolean;
  /** The part that holds it. */
  readonly node: RequestNode;
  isAnswered: boolean;
}

/**
 * Joins the results of tools to their calls (D5–D8). Both may come without an
 * id: calls then get one by their place in the conversation, the same in each
 * turn of it, and results belong to the first call of their name that has none.
 */
export class CallBook {
  #calls: Call[] = [];
  #count = 0;

  /** Begins a turn of the model: all calls of the one before must have been answered. */
  turn(): void {
    this.end();
    this.#calls = [];
  }

  /** Takes a call and gives its id. */
  call(node: RequestNode): string {
    const call = node.requireNode("functionCall");
    const name = call.name("name");
    const given = call.string("id");
    this.#count++;
    const id = given || madeCallId(this.#count);
    if (this.#calls.some((other) => other.id === id)) {
      throw call.refuse(
        "id",
        `Invalid '${call.path("id")}': '${shown(id)}' calls two functions`,
        "invalid_value",
      );
    }
    const isGiven = id === given;
    this.#calls.push({ id, name, isGiven, node, isAnswered: false });
    return id;
  }

  /** Takes a result and gives the id of the call that it answers. */
  result(node: RequestNode): string {
    const response = node.requireNode("functionResponse");
    const name = response.name("name");
    const id = response.string("id");
    const open = this.#calls.filter(({ isAnswered }) => !isAnswered);
    const call = (id && open.find((one) => one.id === id)) ||
      open.find((one) => one.name === name && (!id || !one.isGiven));
    if (!call) {
      throw response.refuse(
        id ? "id" : "name",
        `Invalid '${response.path(id ? "id" : "name")}': '${
          shown(id || name)
        }' answers no open function call of the model's turn before it`,
        "invalid_value",
      );
    }
    call.isAnswered = true;
    return call.id;
  }

  /** Takes the end: all calls must have been answered. */
  end(): void {
    const call = this.#calls.find(({ isAnswered }) => !isAnswered);
    if (call === undefined) return;
    throw notAnswered(call);
  }
}

function notAnswered({ node, name }: Call): GatewayError {
  return node.refuse(
    "functionCall",
    `Invalid '${node.path("functionCall")}': the call of '${
      shown(name)
    }' has no function response in the user's next turn`,
    "invalid_value",
  );
}
