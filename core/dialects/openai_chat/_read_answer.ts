import type { AnswerEvent, Usage } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { AnswerParts } from "./_answer_parts.ts";
import { mendContent } from "./_pass_content.ts";
import { passFinish } from "./_pass_finish.ts";
import {
  isMutableJson,
  isName,
  type MutableJson,
  usageOf,
} from "./_pass_json.ts";
import { ReadCalls } from "./_read_calls.ts";
import {
  readAnnotations,
  readReferences,
  readSources,
} from "./_read_citations.ts";
import { readImages } from "./_read_images.ts";
import { reportChoice, reportMessage } from "./_read_losses.ts";
import { ReadThought, readThoughtSignature } from "./_read_thought.ts";
import { decodeChatUsage, laterUsage } from "./usage.ts";

/**
 * Reads an answer, which is one object with a message or, streamed, many with
 * deltas of the same form, into canonical events.
 */
export class ChatAnswerReader {
  readonly #losses: LossReport | undefined;
  readonly #parts: AnswerParts;
  readonly #thought: ReadThought;
  readonly #calls: ReadCalls;
  #isStarted = false;
  /** A message, or a delta of one, has come. */
  #hasSaid = false;
  /** The number of the choice that is read; one is asked for. */
  #index: unknown;
  #usage: Usage | undefined;
  /** The first choice with a finish reason (A17). */
  #finished: MutableJson | undefined;
  // Made once: they are handed on with every delta.
  readonly #hasCall = (id: string): boolean => this.#calls.has(id);
  readonly #signatureOf = (id: string): string | undefined =>
    this.#thought.signatureOf(id);

  /** Makes a reader; what has no word goes on the report. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
    this.#parts = new AnswerParts(losses);
    this.#thought = new ReadThought(this.#parts, losses);
    this.#calls = new ReadCalls(this.#parts, losses);
  }

  /** Whether a finish reason has come. */
  get isFinished(): boolean {
    return this.#finished !== undefined;
  }

  /** Token counts so far. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /**
   * Takes an answer or a chunk of one.
   *
   * @param member Where a choice has what is said.
   * @throws {UpstreamError} when it tells a failure or is no piece of an answer.
   */
  take(
    answer: MutableJson,
    member: "message" | "delta",
  ): readonly AnswerEvent[] {
    readSources(answer, this.#parts.citations);
    const { choices } = answer;
    if (Array.isArray(choices) && choices.length > 0) {
      if (!this.#isStarted) this.#start(answer);
      for (const choice of choices) this.#choice(choice, member);
    }
    const told = decodeChatUsage(usageOf(answer), answer.service_tier);
    if (told !== undefined) {
      this.#usage = laterUsage(this.#usage, told) ?? told;
      this.#parts.add({ type: "usage", usage: this.#usage });
    }
    return this.#parts.drain();
  }

  /**
   * Ends the answer. Without a finish reason it is a `stop` (A16, J20).
   *
   * @throws {UpstreamError} when the answer ended with an error, or within a tool call.
   */
  finish(): readonly AnswerEvent[] {
    const { finish: told } = passFinish(this.#finished ?? {}, this.#calls.any);
    const finish = told === "tool" && !this.#calls.any ? "stop" : told;
    this.#parts.close();
    this.#parts.citations.end();
    this.#calls.finish(finish !== "tool");
    this.#thought.finish();
    this.#parts.add({ type: "finish", finish });
    return this.#parts.drain();
  }

  #start({ id, model }: MutableJson): void {
    this.#isStarted = true;
    this.#parts.add({
      type: "start",
      id: isName(id) ? id : "",
      model: isName(model) ? model : "",
    });
  }

  #choice(choice: unknown, member: "message" | "delta"): void {
    if (!isMutableJson(choice)) throw invalidAnswer("has an empty choice");
    const index = choice.index ?? 0;
    this.#index ??= index;
    if (index !== this.#index) {
      this.#losses?.add("dropped", "answer.choices", "only the first is read");
      return;
    }
    // Some servers put a whole message into a stream of one event.
    const isWhole = member === "message" ||
      !isMutableJson(choice.delta) && !this.#hasSaid;
    const message = choice[isWhole ? "message" : "delta"];
    if (isMutableJson(message)) {
      if (isWhole) numberCalls(message);
      this.#hasSaid = true;
      this.#message(message);
    } else if (member === "message") {
      throw invalidAnswer("has a choice without a message");
    }
    if (this.#losses !== undefined) reportChoice(choice, this.#losses);
    if (!isName(choice.finish_reason)) return;
    // An answer that ended with an error is none (J2).
    passFinish(choice, false);
    this.#finished ??= choice;
  }

  #message(message: MutableJson): void {
    if (this.#losses !== undefined) reportMessage(message, this.#losses);
    readReferences(message, this.#parts.citations);
    mendContent(message);
    const { content, refusal, audio } = message;
    const calls = message.tool_calls ?? legacyCalls(message);
    if (this.#calls.any && !calls) this.#calls.settle();
    this.#thought.take(message, this.#hasCall);
    const signature = readThoughtSignature(message);
    if (isName(content)) this.#parts.say("text", content);
    // What was spoken is told in words at least.
    else if (isMutableJson(audio) && isName(audio.transcript)) {
      this.#parts.say("text", audio.transcript);
    }
    if (signature !== undefined) {
      if (this.#parts.speaking !== "text") this.#parts.open("text");
      this.#parts.close(signature);
    }
    if (message.annotations) readAnnotations(message, this.#parts);
    if (message.images) {
      readImages(message, { parts: this.#parts, losses: this.#losses });
    }
    if (isName(refusal)) this.#parts.say("refusal", refusal);
    this.#calls.take(calls, this.#signatureOf);
  }
}

/** A call in the words of before there were several in a turn, as old servers make them (A34). */
function legacyCalls({ function_call: called }: MutableJson): unknown {
  if (!isMutableJson(called)) return undefined;
  return [{ index: 0, type: "function", function: called }];
}

/** In a whole message each entry is a call of its own, whatever it is called. */
function numberCalls({ tool_calls: calls }: MutableJson): void {
  if (!Array.isArray(calls)) return;
  for (const [index, call] of calls.entries()) {
    if (isMutableJson(call)) call.index = index;
  }
}
