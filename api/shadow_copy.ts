import {
  Attempt,
  ByteCollector,
  collectErrorBody,
  type FinishClass,
  GatewayError,
  type JsonDocument,
  type StreamTranslator,
  UpstreamError,
  type UpstreamResponse,
  type Usage,
  wait,
} from "@llm-proxy/core";
import type { Translation } from "@llm-proxy/core/dialects";
import { ChatTranscript } from "@llm-proxy/core/dialects/openai-chat";
import { loadDialects } from "@llm-proxy/core/lazy";
import type {
  Candidate,
  RouteRequest,
  ShadowCopy,
} from "@llm-proxy/core/routing";
import { type AnswerSide, compareAnswers } from "./_compare_answers.ts";
import { AttemptTrace } from "./attempt_trace.ts";
import type { RequestContext } from "./endpoints.ts";
import { readWhole } from "./_read_whole.ts";
import type { ReplyStream } from "./exchange.ts";
import { wholeStream } from "./stream_answer.ts";
import { relayStream } from "./relay_stream.ts";

/** The longest request of which a copy is made, in UTF-16 units: as many are kept as copies are under way. */
const MAX_REQUEST = 1024 * 1024;
/** How much of a copy's answer is read: bytes of a whole one, UTF-16 units of a stream's. */
const MAX_ANSWER = 2 * 1024 * 1024;

/** A copy of a request that has been answered. */
export interface ShadowOptions {
  /** Where it goes. */
  readonly candidate: Candidate;
  /** The request. */
  readonly document: JsonDocument;
  /** What routing knows of it. */
  readonly request: RouteRequest;
  /** Prepares it for a deployment. */
  readonly prepare: (trace: AttemptTrace) => Translation;
}

/**
 * Sends a copy of a request that has been answered to another deployment, in
 * the background. When its answer has come, or failed, one log line `shadow`
 * compares it with the one that the client got; no words of either are in it.
 *
 * A copy is made once the client has its answer whole, so that it can't slow
 * it, and costs nothing where there is nothing to compare. What bounds copies,
 * `Shadows` tells. A client that leaves then doesn't end it; the gateway's end
 * does, without a line.
 */
export function sendShadow(
  { gateway, record }: RequestContext,
  { candidate, document, request, prepare }: ShadowOptions,
): void {
  const { told, finish, usage, trace: answering } = record;
  // What nobody waits for can be left.
  if (gateway.memory.isScarce) return;
  if (told === undefined || document.text.length > MAX_REQUEST) return;
  const durationMs = performance.now() - told.startedAt;
  const work = async (copy: ShadowCopy): Promise<void> => {
    // What was written to the client goes out first.
    await wait(1, copy.signal);
    const begin = performance.now();
    const shadow: AnswerSide = {
      transcript: new ChatTranscript(),
      durationMs: 0,
    };
    const provider = gateway.reach(candidate, record.route);
    const { stream } = record;
    const { signal, limits } = copy;
    const sender = new Attempt(provider, { signal, stream, limits });
    const trace = new AttemptTrace(candidate);
    const bill = {
      id: `${record.id}_shadow`,
      route: "shadow",
      access: record.access,
      requestedModel: record.requestedModel,
      startedAt: begin,
      status: 200,
      durationMs: 0,
    };
    const account = gateway.accounts.begin(bill);
    account.allow(request.outputTokens, document.value.n);
    try {
      await loadDialects(candidate);
      const translation = prepare(trace);
      await account.pay(trace, translation.request);
      await account.secured();
      await ask(shadow, { copy, sender, stream, translation, trace });
      account.ended(trace, { wasLeft: false });
    } catch (error) {
      bill.status = error instanceof GatewayError ? error.status : 500;
      const wasLeft = signal.aborted && sender.isSent;
      account.ended(trace, { error, wasLeft });
      shadow.error = error instanceof GatewayError
        ? error.code
        : "internal_error";
      throw error;
    } finally {
      sender.stop();
      shadow.durationMs = performance.now() - begin;
      bill.durationMs = shadow.durationMs;
      account.settle();
      if (!signal.aborted) {
        gateway.logger.info("shadow", {
          request_id: record.id,
          deployment: answering?.candidate.deployment.id,
          shadow: candidate.deployment.id,
          ...compareAnswers({
            transcript: told.transcript,
            finish,
            usage,
            firstContentMs: told.firstContentMs,
            durationMs,
          }, shadow),
        });
      }
    }
  };
  gateway.parts.shadows.send(candidate, { request, work });
}

/** Sends the copy and reads its answer to the end. */
async function ask(
  shadow: AnswerSide,
  { copy, sender, stream, translation, trace }: {
    readonly copy: ShadowCopy;
    readonly trace: AttemptTrace;
    readonly sender: Attempt;
    readonly stream: boolean;
    readonly translation: Translation;
  },
): Promise<void> {
  const begin = performance.now();
  const response = await sender.send(translation.request);
  const { status, headers } = response;
  if (status !== 200) {
    const said = await collectErrorBody(response.body);
    throw translation.error(status, headers, said);
  }
  if (!stream) {
    const body = await collect(response);
    const answer = readWhole(translation, { body, trace });
    shadow.transcript.takeAnswer(answer.body);
    keep(shadow, answer, copy);
    return;
  }
  const translator = translation.stream();
  let told: StreamTranslator | undefined;
  try {
    await relayStream(response, {
      translator,
      framing: translation.framing,
      clock: sender.clock,
      open: () => {
        copy.firstToken();
        shadow.firstContentMs = performance.now() - begin;
        return listener(shadow.transcript);
      },
      stray: (bytes) => translation.error(200, headers, bytes),
      whole: (body) => told = wholeStream(body, translation),
      failure: () => "",
    });
  } finally {
    keep(shadow, trace.streamed(told ?? translator), copy);
  }
}

function keep(
  shadow: AnswerSide,
  { finish, usage }: {
    readonly finish?: FinishClass | undefined;
    readonly usage?: Usage | undefined;
  },
  copy: ShadowCopy,
): void {
  shadow.finish = finish;
  shadow.usage = usage;
  if (usage !== undefined) copy.used(usage.total);
}

/** Reads a body whole, unless it is longer than is worth it. */
async function collect({ body }: UpstreamResponse): Promise<Uint8Array> {
  const collected = new ByteCollector();
  await body.pump((chunk) => {
    collected.add(chunk);
    if (collected.size > MAX_ANSWER) throw tooLarge();
  });
  return collected.bytes();
}

/** A client that listens and forgets all but what is compared. */
function listener(transcript: ChatTranscript): ReplyStream {
  let size = 0;
  return {
    write(text): undefined {
      size += text.length;
      if (text !== "" && size > MAX_ANSWER) throw tooLarge();
      transcript.take(text);
    },
    end(): void {},
    fail(): void {},
  };
}

function tooLarge(): UpstreamError {
  return new UpstreamError("upstream", "The copy's answer is too large", {
    code: "upstream_response_too_large",
  });
}
