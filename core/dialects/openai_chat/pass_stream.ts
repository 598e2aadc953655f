import { parseJsonText } from "../../parse_json_text.ts";
import type { FinishClass, Usage } from "../../answer.ts";
import type { StreamOptions, StreamTranslator } from "../../dialect.ts";
import type { UpstreamError } from "../../errors.ts";
import type { ThoughtCollector } from "../../_thought_collector.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream, invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { readErrorBody } from "./_decode_error_body.ts";
import { hasContent, PassedChoice } from "./_pass_choice.ts";
import { PassedHead } from "./_pass_head.ts";
import {
  carriesError,
  encodeJson,
  isMutableJson,
  type MutableJson,
} from "./_pass_json.ts";
import { PassedUsage } from "./_pass_usage.ts";
import { PassedThought } from "./pass_thought.ts";
import { decodeChatErrorObject } from "./decode_error.ts";

/** How a {@linkcode ChatPassStream} is set up. */
export interface ChatPassStreamOptions extends StreamOptions {
  /** What ends a stream well; see `Quirks.streamEnd`. @default {"done"} */
  readonly streamEnd?: "done" | "finish";
  /** The model to name where the provider names none (J23). @default {"unknown"} */
  readonly model?: string;
  /** Keeps the thought in front of tool calls (J6). @default {none is kept} */
  readonly thought?: ThoughtCollector | undefined;
}

/** A chunk on its way. */
interface Passing {
  readonly chunk: MutableJson;
  readonly choices: readonly unknown[];
  /** The provider's own text of it. */
  readonly data: string;
  readonly hadUsage: boolean;
}

/** The most choices that a request can ask for. */
const MAX_CHOICES = 128;

/**
 * Takes the stream of an OpenAI-compatible provider for a client of the same
 * dialect. Each event is parsed once, mended where a rule asks for it, and
 * else handed on as the provider wrote it.
 *
 * The chunk with the finish reason is held until the stream has come to its
 * proper end, so that a stream that was cut never looks complete (A3, U6).
 */
export class ChatPassStream implements StreamTranslator {
  readonly #endsWithFinish: boolean;
  readonly #head: PassedHead;
  readonly #usage: PassedUsage;
  readonly #choices = new Map<number, PassedChoice>();
  /** Azure's verdict on the prompt, which comes before the first choice (F3). */
  #promptFilter: unknown;
  readonly #thought: PassedThought | undefined;
  #progress = 0;
  #letters = 0;
  #finish: FinishClass | undefined;
  #done = false;

  /** Starts a stream; see {@linkcode ChatPassStreamOptions}. */
  constructor(options: ChatPassStreamOptions) {
    this.#endsWithFinish = options.streamEnd === "finish";
    this.#head = new PassedHead(options.model ?? "unknown");
    this.#usage = new PassedUsage(options.includeUsage);
    this.#thought = options.thought && new PassedThought(options.thought);
  }

  /** Takes one event; see {@linkcode StreamTranslator.push}. */
  push({ event, data }: SseEvent): string {
    if (this.#done) return "";
    if (event === "error") throw toError(data);
    if (data.length < 16) {
      const word = data.trim();
      if (word === "[DONE]") return this.#complete();
      if (word === "") return "";
    }
    const chunk = parseAnswer(data, "has an event that is no valid JSON");
    if (!isMutableJson(chunk)) {
      throw invalidAnswer("has an event that is no JSON object");
    }
    if (carriesError(chunk)) throw decodeChatErrorObject(chunk);
    const hadUsage = this.#usage.take(chunk, data);
    const { choices } = chunk;
    if (Array.isArray(choices) && choices.length > 0) {
      return this.#pass({ chunk, choices, data, hadUsage });
    }
    if (chunk.prompt_filter_results !== undefined) {
      this.#promptFilter = chunk.prompt_filter_results;
    } else if (!hadUsage && readErrorBody(chunk).message !== undefined) {
      throw decodeChatErrorObject(chunk);
    }
    return "";
  }

  #pass({ chunk, choices, data, hadUsage }: Passing): string {
    let changed = this.#mendChunk(chunk) || hadUsage;
    if (hadUsage) this.#head.removeRepeated(chunk);
    // The lines of one event are joined with LF, which would end a line here.
    if (data.includes("\n")) changed = true;
    /** The choices that go out now, where not all of them do. */
    let now: MutableJson[] | undefined;
    for (let place = 0; place < choices.length; place++) {
      const choice = choices[place];
      if (!isMutableJson(choice)) throw invalidAnswer("has an empty choice");
      const state = this.#stateOf(choice.index, place);
      if (state.mend(choice)) changed = true;
      if (choice.index === 0) this.#thought?.take(choice.delta);
      const isFilled = hasContent(choice);
      if (isFilled) {
        this.#progress++;
        this.#letters += lettersOf(choice.delta);
      }
      const { finish_reason: reason } = choice;
      const isOpen = reason === null || reason === undefined;
      // After the finish, a chunk for the counts says nothing else.
      if (isOpen && (isFilled || !hadUsage || !state.isFinished)) {
        now?.push(choice);
        continue;
      }
      now ??= choices.slice(0, place) as MutableJson[];
      if (isFilled) now.push({ ...choice, finish_reason: null });
      if (isOpen) continue;
      if (!state.isFinished) this.#progress++;
      const isOnly = choices.length === 1 && !isFilled;
      state.hold(
        isOnly
          ? { chunk, choice, text: changed ? undefined : frame(data) }
          : finishAlone(chunk, choice),
      );
    }
    if (now === undefined) return frame(changed ? encodeJson(chunk) : data);
    if (now.length === 0) return "";
    return frame(encodeJson({ ...chunk, choices: now }));
  }

  #mendChunk(chunk: MutableJson): boolean {
    const changed = this.#head.mend(chunk);
    if (this.#promptFilter === undefined) return changed;
    chunk.prompt_filter_results ??= this.#promptFilter;
    this.#promptFilter = undefined;
    return true;
  }

  #stateOf(told: unknown, place: number): PassedChoice {
    const isIndex = typeof told === "number" && Number.isInteger(told);
    const index = isIndex && told >= 0 ? told : place;
    const known = this.#choices.get(index);
    if (known) return known;
    if (this.#choices.size === MAX_CHOICES) {
      throw invalidAnswer(`has more than ${MAX_CHOICES} choices`);
    }
    const state = new PassedChoice(index);
    this.#choices.set(index, state);
    return state;
  }

  /** Takes the end of the body; see {@linkcode StreamTranslator.end}. */
  end(): string {
    if (this.#done) return "";
    if (!this.#endsWithFinish) throw cutStream();
    return this.#complete();
  }

  /** The finish of each choice, the counts and the terminator (A1, A2, A4). */
  #complete(): string {
    const states = [...this.#choices.values()];
    // A stream without a finish reason was cut, whatever ends it (U6, J18).
    if (states.length === 0 || states.some((state) => !state.isFinished)) {
      throw cutStream();
    }
    const { members } = this.#head;
    let text = "";
    for (const state of states) {
      const released = state.release(members);
      text += released.text;
      this.#finish ??= released.finish;
    }
    this.#done = true;
    this.#thought?.finish();
    return `${text}${this.#usage.text(this.#head)}data: [DONE]\n\n`;
  }

  /** How many content events have come. */
  get progress(): number {
    return this.#progress;
  }

  /** How long the content is that has come. */
  get letters(): number {
    return this.#letters;
  }

  /** Whether the proper end has come. */
  get done(): boolean {
    return this.#done;
  }

  /** The counts so far. */
  get usage(): Usage | undefined {
    return this.#usage.usage;
  }

  /** Why the answer ended, once the stream is known to be whole. */
  get finish(): FinishClass | undefined {
    return this.#finish;
  }

  /** The model that answered, as the provider names it. */
  get model(): string | undefined {
    return this.#head.model;
  }
}

/** An event of type `error`, whose data may be anything (J10). */
function toError(data: string): UpstreamError {
  try {
    return decodeChatErrorObject(parseJsonText(data));
  } catch {
    return decodeChatErrorObject(data);
  }
}

function frame(data: string): string {
  return `data: ${data}\n\n`;
}

/** The finish of a choice without the content that rode on the same chunk. */
function finishAlone(
  chunk: MutableJson,
  { logprobs, ...choice }: MutableJson,
): Parameters<PassedChoice["hold"]>[0] {
  const alone: MutableJson = {
    ...choice,
    delta: {},
    ...(logprobs !== undefined && { logprobs: null }),
  };
  return {
    chunk: { ...chunk, choices: [alone] },
    choice: alone,
    text: undefined,
  };
}

/** The texts of a delta: words, thought and what tools are called with. */
function lettersOf(delta: unknown): number {
  if (!isMutableJson(delta)) return 0;
  let letters = textLength(delta.content) + textLength(delta.reasoning) +
    textLength(delta.reasoning_content);
  if (Array.isArray(delta.tool_calls)) {
    for (const call of delta.tool_calls) {
      if (isMutableJson(call) && isMutableJson(call.function)) {
        letters += textLength(call.function.arguments);
      }
    }
  }
  return letters;
}

function textLength(text: unknown): number {
  return typeof text === "string" ? text.length : 0;
}
