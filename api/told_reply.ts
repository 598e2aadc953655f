import { type JsonDocument, UpstreamError, type Usage } from "@llm-proxy/core";
import type { BegunAnswer } from "@llm-proxy/core/dialects";
import {
  canContinueChat,
  ChatTranscript,
  openAiChatClient,
} from "@llm-proxy/core/dialects/openai-chat";
import type { RoutedAttempt } from "@llm-proxy/core/routing";
import { visible } from "./_reply_headers.ts";
import type { RequestContext } from "./endpoints.ts";
import type { ReplyStream } from "./exchange.ts";

/** After how much silence a client hears a comment while nobody answers it, in ms (L8). */
const KEEP_ALIVE = 15_000;

/** What a client was told, where that is to be compared. */
export interface Told {
  /** What it was told. */
  readonly transcript: ChatTranscript;
  /** When the attempt that told it began, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** When its first content was there, from then, in ms; absent where it came whole. */
  readonly firstContentMs?: number;
}

/** What a client was told at once; read when it is asked for. */
export function toldWhole({ startedAt }: RoutedAttempt, body: string): Told {
  return {
    startedAt,
    get transcript(): ChatTranscript {
      const transcript = new ChatTranscript();
      transcript.takeAnswer(body);
      return transcript;
    },
  };
}

/**
 * The client's stream as it is; where its answer is to be compared with a
 * shadow's, or may go on elsewhere when it breaks off, one that remembers what
 * the client was told.
 */
export function rememberReply(
  { gateway, record }: RequestContext,
  { routed, document, reply }: {
    readonly routed: RoutedAttempt;
    readonly document: JsonDocument;
    readonly reply: ReplyStream;
  },
): ReplyStream {
  const { plan: { route, shadow }, startedAt } = routed;
  const continues = gateway.continuing.has(route.name) &&
    canContinueChat(document);
  // What was said is read as OpenAI's chat clients hear it.
  if (record.client !== openAiChatClient) return reply;
  if (!continues && shadow === undefined) return reply;
  const told = new ToldReply(reply, { startedAt });
  record.told = told;
  if (continues) record.open = told;
  return told;
}

/** A client's stream that remembers what was said, and stays open where another deployment goes on. */
export class ToldReply implements ReplyStream, Told {
  readonly transcript: ChatTranscript = new ChatTranscript();
  readonly startedAt: number;
  readonly firstContentMs: number;
  readonly #reply: ReplyStream;
  readonly #silence: number;
  /** Runs while nobody answers. */
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  /** Takes the stream, right before its first content. */
  constructor(
    reply: ReplyStream,
    { startedAt, keepAlive = KEEP_ALIVE }: {
      readonly startedAt: number;
      /** After how much silence the client hears a comment, in ms. */
      readonly keepAlive?: number;
    },
  ) {
    this.#reply = reply;
    this.#silence = keepAlive;
    this.startedAt = startedAt;
    this.firstContentMs = performance.now() - startedAt;
  }

  write(text: string): Promise<void> | undefined {
    this.transcript.take(text);
    return this.#reply.write(text);
  }

  end(): void {
    this.#reply.end();
  }

  fail(): void {
    this.#stopWaiting();
    this.#reply.fail();
  }

  /** Whether it has broken off and waits for another deployment. */
  get isBroken(): boolean {
    return this.#keepAlive !== undefined;
  }

  /** Keeps the stream open after a failure, where what it said can be gone on with. */
  keepsOpen(error: unknown): boolean {
    const { isPlain, text } = this.transcript;
    if (!(error instanceof UpstreamError) || !isPlain || text.trim() === "") {
      return false;
    }
    this.#keepAlive = setInterval(
      () => void this.#reply.write(": keep-alive\n\n"),
      this.#silence,
    );
    return true;
  }

  /** What another deployment has to go on with; `undefined` where nothing has broken off. */
  begun(usage: Usage | undefined): BegunAnswer | undefined {
    const { text, head } = this.transcript;
    return this.isBroken && head ? { text, head, usage } : undefined;
  }

  /** Goes on with the answer of a deployment; the client is told which in a comment, for headers are out. */
  goOn(deployment: string): this {
    this.#stopWaiting();
    void this.#reply.write(`: continued at ${visible(deployment)}\n\n`);
    return this;
  }

  #stopWaiting(): void {
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }
}
