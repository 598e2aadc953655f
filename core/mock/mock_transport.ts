import { UpstreamError } from "../errors.ts";
import type {
  SendOptions,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "../upstream.ts";
import { mockAnswer } from "./_mock_answer.ts";
import { MockBody } from "./_mock_body.ts";

/**
 * A provider inside the process that speaks OpenAI's Chat Completions dialect
 * and needs no key and no network: a test bench behind the same seam as any
 * provider.
 *
 * It knows `POST /chat/completions`, `POST /embeddings` and `GET /models` under
 * `mock://mock`. The model says what happens:
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
  #closed = false;

  /**
   * Answers a request; the body is made while it is read. What would take a
   * provider time passes in the body, the head comes at once.
   *
   * @throws {UpstreamError} when the transport is closed.
   * @throws {unknown} the signal's reason once it is aborted.
   */
  send(
    request: UpstreamRequest,
    { signal, onConnected }: SendOptions,
  ): Promise<UpstreamResponse> {
    try {
      signal.throwIfAborted();
      if (this.#closed) {
        throw new UpstreamError("upstream", "The mock provider is closed", {
          code: "upstream_closed",
        });
      }
      onConnected?.();
      const id = `mock-${this.#run}-${++this.#answers}`;
      const { status, headers, source } = mockAnswer(request, id);
      return Promise.resolve({
        status,
        headers: { ...headers, "x-request-id": `req_${id}` },
        body: new MockBody(source, signal),
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Refuses further use; answers that are under way go on. */
  close(): void {
    this.#closed = true;
  }
}
