import { addUsage } from "../../add_usage.ts";
import type { FinishClass, Usage } from "../../answer.ts";
import type { StreamTranslator } from "../../dialect.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { isMutableJson, type MutableJson } from "./_pass_json.ts";
import type { BegunAnswer } from "./continue_chat.ts";
import { hasContent } from "./_pass_choice.ts";
import { encodeChatUsage } from "./usage.ts";

/**
 * The second half of a chat completion stream, made to follow the first: same
 * head (A8), no second role (A9), the usage of both (A4).
 */
export class ContinuedChatStream implements StreamTranslator {
  readonly #half: StreamTranslator;
  readonly #begun: BegunAnswer;

  /** Takes the translator of the half, and what came before it. */
  constructor(half: StreamTranslator, begun: BegunAnswer) {
    this.#half = half;
    this.#begun = begun;
  }

  push(event: SseEvent): string {
    return this.#mend(this.#half.push(event));
  }

  end(): string {
    return this.#mend(this.#half.end());
  }

  get progress(): number {
    return this.#half.progress;
  }

  get done(): boolean {
    return this.#half.done;
  }

  /** The counts of this half alone. */
  get usage(): Usage | undefined {
    return this.#half.usage;
  }

  get finish(): FinishClass | undefined {
    return this.#half.finish;
  }

  get model(): string | undefined {
    return this.#half.model;
  }

  #mend(text: string): string {
    if (text === "") return "";
    let mended = "";
    for (const frame of text.split("\n\n")) {
      const data = frame.slice("data:".length).trim();
      if (frame === "") continue;
      mended += data.startsWith("{") ? this.#chunk(data) : `${frame}\n\n`;
    }
    return mended;
  }

  #chunk(data: string): string {
    const chunk: MutableJson = JSON.parse(data);
    const { head, usage } = this.#begun;
    Object.assign(chunk, head);
    if (isMutableJson(chunk.usage)) {
      const both = addUsage(usage, this.usage);
      if (usage && both) chunk.usage = encodeChatUsage(both);
    } else if (isBareRole(chunk.choices)) return "";
    return `data: ${JSON.stringify(chunk)}\n\n`;
  }
}

/** Takes the role off the choices; tells whether nothing else was in them. */
function isBareRole(choices: unknown): boolean {
  if (!Array.isArray(choices)) return false;
  let isBare = choices.length > 0;
  for (const choice of choices) {
    if (!isMutableJson(choice) || !isMutableJson(choice.delta)) continue;
    const hadRole = "role" in choice.delta;
    delete choice.delta.role;
    if (!hadRole || hasContent(choice) || choice.finish_reason) isBare = false;
  }
  return isBare;
}
