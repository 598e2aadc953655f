import type { UpstreamRequest } from "../upstream.ts";
import { ApiError, errorOfStatus, missing, wrongType } from "./_api_error.ts";
import { chatAnswer } from "./_chat_answer.ts";
import { replyTo } from "./_chat_reply.ts";
import { readChatRequest } from "./_chat_request.ts";
import { chatStream } from "./_chat_stream.ts";
import { embeddings } from "./_embeddings.ts";
import { type JsonObject, parseBody } from "./_json_fields.ts";
import { type MockModel, mockModel, modelList } from "./_mock_model.ts";
import { head } from "./_text.ts";

/** The base URL of the mock provider. */
export const MOCK_BASE_URL = "mock://mock";

/** An answer before it is given out. */
export interface MockAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly source: Iterator<string | number>;
}

const JSON_HEADERS = { "content-type": "application/json" };
const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
};

/** Answers one request, whatever it holds. `id` makes the answer's ids unique. */
export function mockAnswer(request: UpstreamRequest, id: string): MockAnswer {
  try {
    switch (`${request.method} ${request.url}`) {
      case `POST ${MOCK_BASE_URL}/chat/completions`:
        return chat(parseBody(request.body), id);
      case `POST ${MOCK_BASE_URL}/embeddings`:
        return embed(parseBody(request.body));
      case `GET ${MOCK_BASE_URL}/models`:
        return json(modelList());
    }
    throw new ApiError("Unknown request URL", {
      status: 404,
      code: "unknown_url",
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return json(error.body(), error);
  }
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
