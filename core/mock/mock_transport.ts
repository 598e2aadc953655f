import { UpstreamError } from "../errors.ts";
import type {
  SendOptions,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "../upstream.ts";
import { ApiError } from "./_api_error.ts";
import { head } from "./_text.ts";
import { isObject, type JsonObject } from "./_json_fields.ts";
import {
  MOCK_BASE_URL,
  type MockAnswer,
  mockAnswer,
  refused,
} from "./_mock_answer.ts";
import { MockBody } from "./_mock_body.ts";
import { readMockBody } from "./_mock_body_reader.ts";
import { MockFiles } from "./_mock_files.ts";

const BATCHED: ReadonlySet<string> = new Set([
  "/v1/chat/completions",
  "/v1/embeddings",
]);

/**
 * A provider inside the process that speaks OpenAI's Chat Completions dialect
 * and needs no key and no network: a test bench behind the same seam as any
 * provider.
 *
 * It knows `POST /chat/completions`, `POST /embeddings` and `GET /models` under
 * `mock://mock`, and with any model images of one pixel, silence for speech, a
 * sentence for each recording, moderation and reranking by words, files of
 * 64 KiB and batches that are complete at once. The model says what happens:
 *
 * - `echo` repeats the last user message, `lorem` writes as much lorem ipsum as
 *   the token limit asks for (about 50 tokens without one);
 * - `tool` calls the tool that `tool_choice` names, else the first, with
 *   arguments made by {@linkcode schemaSample};
 * - `slow` is an echo that waits 1 s before the first token and 100 ms between
 *   tokens; `slow-2000-50` sets both, in milliseconds, each 60,000 at most;
 * - `error-429`, or any status from 400 to 599, fails that way;
 * - `cut` is an echo that breaks off in the middle;
 * - `embed` makes unit vectors out of a hash of the text.
 *
 * With `response_format` the texts are JSON of that form. Tokens are counted
 * as four characters each, rounded up for the input and for each choice;
 * pictures, sounds, files and tool definitions count nothing.
 *
 * @example An echo
 * ```ts
 * import { MockTransport } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = await new MockTransport().send({
 *   method: "POST",
 *   url: "mock://mock/chat/completions",
 *   headers: { "content-type": "application/json" },
 *   body: JSON.stringify({
 *     model: "echo",
 *     messages: [{ role: "user", content: "Hello" }],
 *   }),
 * }, { signal: new AbortController().signal });
 *
 * let json = "";
 * const decoder = new TextDecoder();
 * await answer.body.pump((chunk) => {
 *   json += decoder.decode(chunk, { stream: true });
 * });
 * assertEquals(JSON.parse(json).choices[0].message.content, "Hello");
 * ```
 */
export class MockTransport implements Transport {
  readonly #run: string = crypto.randomUUID().slice(0, 8);
  #answers = 0;
  readonly #files: MockFiles = new MockFiles((url, body) =>
    this.#answerLine(url, body)
  );
  #closed = false;

  /**
   * Answers a request; the body is made while it is read. What would take a
   * provider time passes in the body, the head comes at once.
   *
   * @throws {UpstreamError} when the transport is closed.
   * @throws {unknown} the signal's reason once it is aborted.
   */
  async send(
    request: UpstreamRequest,
    { signal, clock }: SendOptions,
  ): Promise<UpstreamResponse> {
    signal.throwIfAborted();
    if (this.#closed) {
      throw new UpstreamError("upstream", "The mock provider is closed", {
        code: "upstream_closed",
      });
    }
    clock?.enter("headers");
    const id = this.#nextId();
    const { status, headers, source } = await this.#answer(request, id);
    return {
      status,
      headers: { ...headers, "x-request-id": `req_${id}` },
      body: new MockBody(source, signal),
    };
  }

  async #answer(request: UpstreamRequest, id: string): Promise<MockAnswer> {
    try {
      const body = await readMockBody(request);
      return mockAnswer({ ...request, body }, { id, files: this.#files });
    } catch (error) {
      return refused(error);
    }
  }

  #nextId(): string {
    return `mock-${this.#run}-${++this.#answers}`;
  }

  /** Answers one line of a batch, whole; only of what batches are for, lest one holds itself. */
  #answerLine(url: string, body: unknown): JsonObject {
    if (!BATCHED.has(url)) {
      throw new ApiError(`A batch can't ask for '${head(url, 100)}'`);
    }
    const request = {
      method: "POST",
      url: MOCK_BASE_URL + url.replace(/^\/v1/, ""),
      body: JSON.stringify({ ...isObject(body) ? body : {}, stream: false }),
    };
    const id = this.#nextId();
    const { status, source } = mockAnswer(request, { id, files: this.#files });
    let text = "";
    // Pauses are passed over; a model that breaks off breaks the batch.
    for (let step = source.next(); !step.done; step = source.next()) {
      if (typeof step.value === "string") text += step.value;
    }
    return { status_code: status, request_id: id, body: JSON.parse(text) };
  }

  /** Refuses further use; answers that are under way go on. */
  close(): void {
    this.#closed = true;
  }
}
