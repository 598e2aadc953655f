import type { AnswerEvent, AnswerPart } from "./answer.ts";
import type { ReasoningPart } from "./conversation.ts";
import type { CallKeys } from "./passed_thought.ts";
import type { ThoughtKeeper } from "./thought_store.ts";

/** More thought than this is not kept, in characters; models stay below. */
const MAX_THOUGHT = 1024 * 1024;
/** More calls than this no turn has. */
const MAX_CALLS = 128;

/** What a {@linkcode ThoughtCollector} may be told. */
export interface ThoughtCollectorOptions {
  /** Thought is wanted back that nobody has signed, too (J6). @default {false} */
  readonly unsigned?: boolean;
  /** For clients that may leave ids of calls out. */
  readonly keys?: CallKeys | undefined;
}

/** A call that thought has led to. */
interface CollectedCall {
  readonly name: string;
  readonly signature: string | undefined;
  /** Its arguments, as far as they are asked for. */
  text: string;
}

interface Collected {
  text: string;
  signature?: string;
  redacted?: string;
}

/** Collects the thought of one answer, and keeps it for the calls that it led to. */
export class ThoughtCollector {
  readonly #keeper: ThoughtKeeper;
  readonly #family: string;
  readonly #isUnsigned: boolean;
  readonly #thoughts = new Map<number, Collected>();
  /** By id, in the order of the answer. */
  readonly #calls = new Map<string, CollectedCall>();
  /** Those whose arguments come, by the numbers of their parts. */
  readonly #open = new Map<number, CollectedCall>();
  readonly #keys: CallKeys | undefined;
  #size = 0;

  /** Starts an answer of a model of this family. */
  constructor(
    keeper: ThoughtKeeper,
    family: string,
    { unsigned = false, keys }: ThoughtCollectorOptions = {},
  ) {
    this.#keeper = keeper;
    this.#family = family;
    this.#isUnsigned = unsigned;
    this.#keys = keys;
  }

  /** Takes a whole answer. */
  takeParts(parts: readonly AnswerPart[]): void {
    for (const [index, part] of parts.entries()) {
      if (part.type === "reasoning") {
        if (this.#grows(lengthOf(part))) this.#thoughts.set(index, part);
      } else if (part.type === "tool_call" && this.#calls.size < MAX_CALLS) {
        const { id, name, signature, arguments: text } = part;
        this.#calls.set(id, { name, signature, text });
      }
    }
    this.#keep();
  }

  /** Takes one event of a streamed answer; its finish keeps what has come. */
  take(event: AnswerEvent): void {
    switch (event.type) {
      case "part_start":
        if (event.kind === "tool_call") {
          if (this.#calls.size >= MAX_CALLS) return;
          const { id, name, signature } = event;
          const call = { name, signature, text: "" };
          this.#calls.set(id, call);
          if (this.#keys) this.#open.set(event.part, call);
        } else if (event.kind === "reasoning") {
          const { redacted } = event;
          if (!this.#grows(1 + (redacted?.length ?? 0))) return;
          this.#thoughts.set(event.part, {
            text: "",
            ...(redacted !== undefined && { redacted }),
          });
        }
        break;
      case "part_delta": {
        const call = this.#keys && this.#open.get(event.part);
        if (call !== undefined && call.text.length <= MAX_THOUGHT) {
          call.text += event.text;
        }
        const thought = this.#thoughts.get(event.part);
        if (thought !== undefined && this.#grows(event.text.length)) {
          thought.text += event.text;
        }
        break;
      }
      case "part_end": {
        const thought = this.#thoughts.get(event.part);
        const { signature } = event;
        if (
          thought !== undefined && signature !== undefined &&
          this.#grows(signature.length)
        ) {
          thought.signature = signature;
        }
        break;
      }
      case "finish":
        this.#keep();
    }
  }

  /** Whether so much more is within bounds. A part of a thought is none: its proof would not hold. */
  #grows(size: number): boolean {
    this.#size += size;
    if (this.#size <= MAX_THOUGHT) return true;
    this.#thoughts.clear();
    return false;
  }

  #keep(): void {
    const parts: ReasoningPart[] = [];
    for (const { text, signature, redacted } of this.#thoughts.values()) {
      parts.push({
        type: "reasoning",
        text,
        ...(signature !== undefined && { signature }),
        ...(redacted !== undefined && { redacted }),
      });
    }
    const isWanted = parts.some(hasProof) ||
      (this.#isUnsigned && parts.length > 0);
    let index = -1;
    for (const [id, { name, signature, text }] of this.#calls) {
      index++;
      // What nobody has signed nobody asks for.
      if (!isWanted && signature === undefined) continue;
      const thought = {
        family: this.#family,
        parts: isWanted ? parts : [],
        ...(signature !== undefined && { signature }),
      };
      this.#keeper.keep(id, thought);
      if (this.#keys === undefined) continue;
      const key = this.#keys.next({ name, arguments: text, index });
      this.#keeper.keep(key, thought);
    }
  }
}

function lengthOf(
  { text, signature = "", redacted = "" }: ReasoningPart,
): number {
  return 1 + text.length + signature.length + redacted.length;
}

/** Whether a thought can be shown to be its model's own. */
export function hasProof({ signature, redacted }: ReasoningPart): boolean {
  return signature !== undefined || redacted !== undefined;
}
