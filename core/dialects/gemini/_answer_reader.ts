import type { AnswerEvent, FinishClass, Usage } from "../../answer.ts";
import type { TextPart } from "../../conversation.ts";
import type { LossReport } from "../../loss_report.ts";
import { CitationList } from "../_citations.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";
import { readGrounding } from "./_grounding.ts";
import { PartialArguments } from "./_partial_arguments.ts";
import { openThought } from "./_thought_seal.ts";
import { decodeErrorObject } from "./errors.ts";
import { finishClass } from "./finish.ts";
import { UsageTally } from "./usage.ts";

/** More calls than this are no answer any more. */
const MAX_CALLS = 1_000;
/** How much text is kept for the places of its sources, in UTF-16 units; what lies behind has none. */
const MAX_SAID = 262_144;
/** What a prompt that was blocked counts as (D16). */
const BLOCKED = "SAFETY";
/** What an answer may carry and the vocabulary has no word for (D32). */
const WORDLESS = [
  "urlContextMetadata",
  "logprobsResult",
] as const;

/**
 * Reads an answer, which is one object or, streamed, many of the same form:
 * pieces of text and thought that follow each other are one part, whatever is
 * signed is a part of its own (D9–D12).
 */
export class AnswerReader {
  readonly #losses: LossReport | undefined;
  readonly #tally = new UsageTally();
  readonly #ids = new Set<string>();
  #events: AnswerEvent[] = [];
  #started = false;
  #parts = 0;
  /** The text or thought that may go on. */
  #open: "text" | "reasoning" | undefined;
  /** The call whose arguments have not all come. */
  #call: PartialArguments | undefined;
  #reason = "";
  readonly #citations: CitationList;
  /** All text so far, whose sources are told by place, and where the last part of it began. */
  #said = "";
  #textStart = 0;

  /** Makes a reader; what has no word goes on the report. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
    this.#citations = new CitationList(losses);
  }

  /** Why the answer ended, once the provider has said it. */
  get finish(): FinishClass | undefined {
    return this.#reason === ""
      ? undefined
      : finishClass(this.#reason, this.#ids.size > 0);
  }

  /** Token counts so far. */
  get usage(): Usage | undefined {
    return this.#tally.usage;
  }

  /**
   * Takes one object.
   *
   * @throws {UpstreamError} when it tells a failure or is no piece of an answer.
   */
  take(response: JsonObject): AnswerEvent[] {
    if (response.error !== undefined && response.error !== null) {
      throw decodeErrorObject(response);
    }
    this.#events = [];
    if (!this.#started) {
      this.#started = true;
      const { responseId, modelVersion } = response;
      this.#events.push({
        type: "start",
        id: asText(responseId),
        model: asText(modelVersion),
      });
    }
    if (this.#tally.add(response.usageMetadata)) {
      this.#events.push({ type: "usage", usage: this.#tally.usage! });
    }
    const { promptFeedback } = response;
    if (isObject(promptFeedback) && asText(promptFeedback.blockReason) !== "") {
      this.#reason = BLOCKED;
    }
    for (const candidate of asList(response.candidates)) {
      if (!isObject(candidate)) throw invalidAnswer("has an odd candidate");
      const { index = 0 } = candidate;
      if (typeof index !== "number") {
        throw invalidAnswer("has an odd candidate");
      }
      // One is asked for; protobuf leaves a 0 out.
      if (index === 0) this.#candidate(candidate);
    }
    return this.#events;
  }

  /**
   * Ends the answer.
   *
   * @throws {UpstreamError} when a tool call is not complete (L7).
   */
  close(): AnswerEvent[] {
    if (this.#call !== undefined) {
      throw invalidAnswer("ends within a tool call");
    }
    this.#events = [];
    this.#end();
    this.#citations.end();
    const { finish } = this;
    if (finish !== undefined) this.#events.push({ type: "finish", finish });
    return this.#events;
  }

  #candidate(candidate: JsonObject): void {
    const { content, finishReason } = candidate;
    const parts = asList(isObject(content) ? content.parts : undefined);
    for (const part of parts) {
      if (isObject(part)) this.#part(part);
    }
    const said = { text: this.#said, start: this.#textStart };
    for (const source of readGrounding(candidate, said)) {
      this.#citations.add(source);
    }
    this.#reason = asText(finishReason) || this.#reason;
    for (const name of WORDLESS) {
      if (isObject(candidate[name])) this.#lose(name);
    }
  }

  #part(part: JsonObject): void {
    const { functionCall, text, thought } = part;
    const signature = asText(part.thoughtSignature);
    if (isObject(functionCall)) this.#functionCall(functionCall, signature);
    else if (thought === true) this.#thought(asText(text), signature);
    else if (typeof text === "string" || isSignatureAlone(part)) {
      this.#text(asText(text), signature);
    } else if (!this.#image(part.inlineData)) {
      for (const name of Object.keys(part)) {
        if (name !== "thoughtSignature") this.#lose(name);
      }
    }
  }

  /** A picture that the model drew (D30); whether it is one. */
  #image(inline: unknown): boolean {
    if (!isObject(inline)) return false;
    const { mimeType, data } = inline;
    if (!/^image\//.test(asText(mimeType)) || asText(data) === "") return false;
    this.#end();
    this.#events.push({
      type: "part_start",
      part: this.#parts,
      kind: "image",
      data: asText(data),
      mediaType: asText(mimeType),
    });
    this.#endPart("");
    return true;
  }

  /** Thought; a proof in it is one that the gateway has sealed, or of no use. */
  #thought(text: string, signature: string): void {
    this.#say("reasoning", text);
    if (signature === "") return;
    const seal = openThought(signature);
    switch (seal?.kind) {
      case undefined:
        return this.#lose("thoughtSignature");
      case "signature":
        if (this.#open !== "reasoning") this.#start({ kind: "reasoning" });
        return this.#end(seal.data);
      case "redacted":
        this.#end();
        this.#start({ kind: "reasoning", redacted: seal.data });
        this.#end();
    }
  }

  #text(text: string, signature: string): void {
    if (signature === "") return this.#say("text", text);
    this.#end();
    this.#start({ kind: "text" });
    this.#delta(text);
    this.#end(signature);
  }

  #say(kind: "text" | "reasoning", text: string): void {
    if (text === "") return;
    if (this.#open !== kind) {
      this.#end();
      this.#start({ kind });
    }
    this.#delta(text);
  }

  #functionCall(call: JsonObject, signature: string): void {
    const name = asText(call.name);
    if (this.#call === undefined) {
      if (name === "") throw invalidAnswer("has a tool call without a name");
      this.#end();
      const id = this.#callId(asText(call.id));
      this.#events.push({
        type: "part_start",
        part: this.#parts,
        kind: "tool_call",
        id,
        name,
        ...(signature !== "" && { signature }),
      });
      if (call.willContinue !== true && call.partialArgs === undefined) {
        this.#delta(argumentsOf(call.args));
        return this.#endPart("");
      }
      this.#call = new PartialArguments();
    } else if (name !== "") {
      throw invalidAnswer("begins a tool call within another");
    }
    this.#call.add(call.partialArgs);
    if (call.willContinue === true) return;
    this.#delta(this.#call.toString());
    this.#endPart("");
    this.#call = undefined;
  }

  /** The provider's id, unless it gives none or one twice: then one that no other call has (D5, D6). */
  #callId(given: string): string {
    if (this.#ids.size >= MAX_CALLS) {
      throw invalidAnswer("has too many tool calls");
    }
    const id = given === "" || this.#ids.has(given)
      ? `call_${crypto.randomUUID().replaceAll("-", "")}`
      : given;
    this.#ids.add(id);
    return id;
  }

  #start(
    start:
      | { readonly kind: "text" }
      | { readonly kind: "reasoning"; readonly redacted?: string },
  ): void {
    if (this.#call !== undefined) {
      throw invalidAnswer("goes on before a tool call is complete");
    }
    this.#open = start.kind;
    if (start.kind === "text") this.#textStart = this.#said.length;
    this.#events.push({ type: "part_start", part: this.#parts, ...start });
  }

  #delta(text: string): void {
    if (text === "") return;
    if (this.#open === "text" && this.#said.length < MAX_SAID) {
      this.#said += text;
    }
    this.#events.push({ type: "part_delta", part: this.#parts, text });
  }

  #end(signature = ""): void {
    if (this.#open === undefined) return;
    const cited = this.#open === "text" ? this.#citations.take() : {};
    this.#open = undefined;
    this.#endPart(signature, cited);
  }

  #endPart(signature: string, cited: Pick<TextPart, "citations"> = {}): void {
    const part = this.#parts++;
    this.#events.push(
      signature === ""
        ? { type: "part_end", part, ...cited }
        : { type: "part_end", part, signature, ...cited },
    );
  }

  #lose(name: string): void {
    this.#losses?.add("dropped", `answer.${name}`, "no word for it");
  }
}

/** An empty text may be left out where it is signed (D11). */
function isSignatureAlone(part: JsonObject): boolean {
  return typeof part.thoughtSignature === "string" &&
    Object.keys(part).every((name) => name === "thoughtSignature");
}

/** The arguments as JSON text: `{}` where there are none (A13). */
function argumentsOf(args: unknown): string {
  if (args === undefined || args === null) return "{}";
  if (isObject(args)) return JSON.stringify(args);
  throw invalidAnswer("has a tool call whose arguments are no object");
}
