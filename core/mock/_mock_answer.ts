import { ApiError, errorOfStatus, missing, wrongType } from "./_api_error.ts";
import { chatAnswer } from "./_chat_answer.ts";
import { replyTo } from "./_chat_reply.ts";
import { readChatRequest } from "./_chat_request.ts";
import { chatStream } from "./_chat_stream.ts";
import { embeddings } from "./_embeddings.ts";
import { type JsonObject, parseBody } from "./_json_fields.ts";
import { moderation, rerank } from "./_judgement.ts";
import { images, speech, transcription } from "./_media.ts";
import type { MockFiles } from "./_mock_files.ts";
import { type MockModel, mockModel, modelList } from "./_mock_model.ts";
import { head } from "./_text.ts";

/** The base URL of the mock provider. */
export const MOCK_BASE_URL = "mock://mock";

/** An answer before it is given out. */
export interface MockAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly source: Iterator<string | number | Uint8Array>;
}

const JSON_HEADERS = { "content-type": "application/json" };
const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
};

/** A request whose body has been read. */
export interface MockRequest {
  readonly method: string;
  readonly url: string;
  /** JSON text. */
  readonly body?: string | undefined;
}

/** What a mock keeps between requests. */
export interface MockState {
  /** Makes the ids of one answer. */
  readonly id: string;
  readonly files: MockFiles;
}

/** Answers one request, whatever it holds. */
export function mockAnswer(
  { method, url, body }: MockRequest,
  { id, files }: MockState,
): MockAnswer {
  try {
    const path = url.startsWith(`${MOCK_BASE_URL}/`)
      ? url.slice(MOCK_BASE_URL.length)
      : "";
    switch (`${method} ${path}`) {
      case "POST /chat/completions":
        return chat(parseBody(body), id);
      case "POST /embeddings":
        return embed(parseBody(body));
      case "GET /models":
        return json(modelList());
    }
    const kept = files.answer({ method, path }, () => parseBody(body));
    if (kept !== undefined) return json(kept);
    if (method === "POST") {
      const answer = further(path, { body: () => parseBody(body), id });
      if (answer !== undefined) return answer;
    }
    throw new ApiError("Unknown request URL", {
      status: 404,
      code: "unknown_url",
    });
  } catch (error) {
    return refused(error);
  }
}

/** The answer that a refusal is. */
export function refused(error: unknown): MockAnswer {
  if (!(error instanceof ApiError)) throw error;
  return json(error.body(), error);
}

/** What is neither a conversation nor an embedding. */
function further(
  path: string,
  { body: read, id }: { readonly body: () => JsonObject; readonly id: string },
): MockAnswer | undefined {
  switch (path) {
    case "/images/generations":
    case "/images/edits":
    case "/images/variations": {
      const body = read();
      readModel(body);
      return json(images(body, path !== "/images/variations"));
    }
    case "/audio/speech": {
      const body = read();
      readModel(body);
      return answer("audio/wav", speech(body));
    }
    case "/audio/transcriptions":
    case "/audio/translations": {
      const body = read();
      readModel(body);
      const { type, chunks } = transcription(body);
      return answer(type, chunks[Symbol.iterator]());
    }
    case "/moderations": {
      const body = read();
      return json(moderation(body, { model: readModel(body).name, id }));
    }
    case "/rerank": {
      const body = read();
      readModel(body);
      return json(rerank(body, id));
    }
  }
  return undefined;
}

function answer(type: string, source: MockAnswer["source"]): MockAnswer {
  return { status: 200, headers: { "content-type": type }, source };
}

function chat(body: JsonObject, id: string): MockAnswer {
  const model = readModel(body);
  if (model.behaviour.kind === "embed") throw wrongEndpoint(model.name);
  const request = readChatRequest(body, model);
  const exchange = {
    request,
    reply: replyTo(request),
    head: { id: `chatcmpl-${id}`, created: Math.floor(Date.now() / 1000) },
  };
  return request.stream
    ? { status: 200, headers: STREAM_HEADERS, source: chatStream(exchange) }
    : { status: 200, headers: JSON_HEADERS, source: chatAnswer(exchange) };
}

function embed(body: JsonObject): MockAnswer {
  const { name, behaviour } = readModel(body);
  if (behaviour.kind !== "embed") throw wrongEndpoint(name);
  return { status: 200, headers: JSON_HEADERS, source: embeddings(body, name) };
}

function readModel(
  body: JsonObject,
): { readonly name: string; readonly behaviour: MockModel } {
  const name = body["model"];
  if (name === undefined) throw missing("model");
  if (typeof name !== "string") throw wrongType("model", "a string");
  const behaviour = mockModel(name);
  if (behaviour === undefined) {
    throw new ApiError(`The model '${head(name, 100)}' does not exist`, {
      status: 404,
      param: "model",
      code: "model_not_found",
    });
  }
  if (behaviour.kind === "error") throw errorOfStatus(behaviour.status);
  return { name, behaviour };
}

function wrongEndpoint(name: string): ApiError {
  return new ApiError(`The model '${name}' does not work on this endpoint`, {
    param: "model",
    code: "unsupported_model",
  });
}

function json(
  body: string,
  { status = 200, headers = {} }: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): MockAnswer {
  return {
    status,
    headers: { ...JSON_HEADERS, ...headers },
    source: [body][Symbol.iterator](),
  };
}
