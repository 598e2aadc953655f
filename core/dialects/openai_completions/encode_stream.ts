import type { AnswerEvent, FinishClass, Usage } from "../../answer.ts";
import type { StreamEncoder, StreamOptions } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import { reportStopSequence } from "../openai_chat/encode_answer.ts";
import { encodeChatFinish } from "../openai_chat/finish.ts";
import { encodeChatUsage, laterUsage } from "../openai_chat/usage.ts";
import { completionId, reportCitations, reportPart } from "./encode_answer.ts";

/** Writes canonical events as a stream of `text_completion` chunks (A1, A4, A5, A8). */
export class CompletionsStreamEncoder implements StreamEncoder {
  readonly #includeUsage: boolean;
  readonly #losses: LossReport | undefined;
  /** The numbers of the parts that are words. */
  readonly #words = new Set<number>();
  #head = "";
  #usage: Usage | undefined;
  #done = false;

  /** Starts a stream; see {@linkcode StreamOptions}. */
  constructor({ includeUsage }: StreamOptions, losses?: LossReport) {
    this.#includeUsage = includeUsage;
    this.#losses = losses;
  }

  /** Takes one event and gives the text to send; often empty. */
  push(event: AnswerEvent): string {
    if (this.#done) return "";
    switch (event.type) {
      case "start":
        if (this.#head === "") this.#start(event.id, event.model);
        return "";
      case "part_start":
        if (event.kind === "text" || event.kind === "refusal") {
          this.#words.add(event.part);
        } else reportPart(event.kind, this.#losses);
        return "";
      case "part_delta":
        return this.#words.has(event.part) && event.text !== ""
          ? this.#chunk(event.text, null)
          : "";
      case "usage":
        this.#usage = laterUsage(this.#usage, event.usage);
        return "";
      case "finish":
        reportStopSequence(event.stopSequence, this.#losses);
        return this.#finish(event.finish);
      case "part_end":
        if (event.citations) reportCitations(this.#losses);
        return "";
      case "ping":
        return "";
    }
  }

  #start(id: string, model: string): void {
    this.#head = `data: {"id":${JSON.stringify(completionId(id))},` +
      `"object":"text_completion","created":${Math.floor(Date.now() / 1000)},` +
      `"model":${JSON.stringify(model)},"choices":[`;
  }

  #chunk(text: string, finish: string | null): string {
    if (this.#head === "") this.#start("", "");
    const choice = { text, index: 0, logprobs: null, finish_reason: finish };
    const usage = this.#includeUsage ? ',"usage":null' : "";
    return `${this.#head}${JSON.stringify(choice)}]${usage}}\n\n`;
  }

  #finish(finish: FinishClass): string {
    this.#done = true;
    let text = this.#chunk("", encodeChatFinish(finish, false));
    if (this.#includeUsage && this.#usage) {
      const usage = JSON.stringify(encodeChatUsage(this.#usage));
      text += `${this.#head}],"usage":${usage}}\n\n`;
    }
    return `${text}data: [DONE]\n\n`;
  }
}
