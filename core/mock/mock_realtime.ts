import { isObject, type JsonObject } from "./_json_fields.ts";
import { estimateTokens, words } from "./_text.ts";

/** Most characters of what was said that are kept. */
const MAX_SAID = 64 * 1024;

/**
 * A realtime session inside the process, which repeats the last words of the
 * user: enough of OpenAI's events to try a client without a key.
 *
 * @example An echo
 * ```ts
 * import { MockRealtime } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * const session = new MockRealtime("echo");
 * assertEquals(session.start().map(({ type }) => type), ["session.created"]);
 * const item = { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] };
 * session.answer(JSON.stringify({ type: "conversation.item.create", item }));
 * const events = session.answer('{"type":"response.create"}');
 * assertEquals(events.at(-1)?.type, "response.done");
 * ```
 */
export class MockRealtime {
  readonly #model: string;
  #said = "";
  #events = 0;
  #responses = 0;

  /** A session with a model. */
  constructor(model: string) {
    this.#model = model;
  }

  /** What is told first. */
  start(): Readonly<Record<string, unknown>>[] {
    return [this.#event("session.created", { session: this.#session() })];
  }

  /** What a message of the client is answered with. */
  answer(message: string): Readonly<Record<string, unknown>>[] {
    let event: unknown;
    try {
      event = JSON.parse(message);
    } catch {
      return [this.#error("The message is no JSON")];
    }
    if (!isObject(event)) return [this.#error("The message is no object")];
    switch (event["type"]) {
      case "session.update":
        return [this.#event("session.updated", { session: this.#session() })];
      case "conversation.item.create":
        return [this.#take(event["item"])];
      case "response.create":
        return this.#respond();
    }
    return [this.#error("The mock does not know this type of event")];
  }

  #take(item: unknown): JsonObject {
    const content = isObject(item) ? item["content"] : undefined;
    const texts = Array.isArray(content)
      ? content.map((part: unknown) => isObject(part) ? part["text"] : "")
      : [];
    this.#said = texts.filter((text) => typeof text === "string").join("")
      .slice(0, MAX_SAID);
    return this.#event("conversation.item.created", { item });
  }

  #respond(): JsonObject[] {
    const id = `resp_mock${++this.#responses}`;
    const deltas = [...words(this.#said)].map((delta) =>
      this.#event("response.output_text.delta", { response_id: id, delta })
    );
    const tokens = estimateTokens(this.#said.length);
    const usage = {
      input_tokens: tokens,
      output_tokens: tokens,
      total_tokens: 2 * tokens,
    };
    return [
      this.#event("response.created", { response: { id } }),
      ...deltas,
      this.#event("response.output_text.done", {
        response_id: id,
        text: this.#said,
      }),
      this.#event("response.done", {
        response: { id, status: "completed", usage },
      }),
    ];
  }

  #session(): JsonObject {
    return { type: "realtime", model: this.#model };
  }

  #error(message: string): JsonObject {
    return this.#event("error", {
      error: { type: "invalid_request_error", message },
    });
  }

  #event(type: string, more: JsonObject): JsonObject {
    return { type, event_id: `event_${++this.#events}`, ...more };
  }
}
