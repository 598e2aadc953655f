/** A request as it came to the upstream. */
export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, byte for byte. */
  readonly text: string;
  /** The body as JSON; an empty object where it is none. */
  // deno-lint-ignore no-explicit-any -- the wire's JSON, looked at freely
  readonly body: any;
  /** Aborted when the gateway closes the exchange before its end. */
  readonly gone: AbortSignal;
}

/** What the upstream answers: by what it is asked and by the number of the request, from 0. */
export type Answering = (
  asked: Asked,
  number: number,
) => Response | Promise<Response>;

/** An upstream on a port of its own that answers as a test wants it. */
export interface AnsweringUpstream {
  /** For example `http://127.0.0.1:49152`. */
  readonly origin: string;
  /** Every request so far, in order. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export function startAnsweringUpstream(answer: Answering): AnsweringUpstream {
  const asked: Asked[] = [];
  const stop = new AbortController();
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      signal: stop.signal,
      onListen: () => {},
    },
    async (request) => {
      const { method, headers, url, signal } = request;
      const text = await request.text();
      const { pathname, search } = new URL(url);
      const one: Asked = {
        method,
        path: pathname + search,
        headers: Object.fromEntries(headers),
        text,
        body: parse(text),
        gone: signal,
      };
      return await answer(one, asked.push(one) - 1);
    },
  );
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    asked,
    async close() {
      stop.abort();
      await server.finished;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Answers with JSON. */
export function json(value: unknown, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers);
  if (!headers.has("content-type")) {
    headers.set("content-type", "application/json");
  }
  return new Response(JSON.stringify(value), { ...init, headers });
}

/** Answers with an event stream: text, or pieces in their own time. */
export function eventStream(
  body: string | AsyncIterable<string>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(
    typeof body === "string" ? body : readable(body),
    { headers: { "content-type": "text/event-stream", ...headers } },
  );
}

function readable(pieces: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
