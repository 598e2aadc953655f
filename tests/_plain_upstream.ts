/** What came to a {@linkcode PlainUpstream}, its body as bytes. */
export interface PlainAsked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
  readonly text: string;
}

/** An upstream whose requests need not be JSON. */
export interface PlainUpstream extends AsyncDisposable {
  /** For example `http://127.0.0.1:49152`. */
  readonly origin: string;
  /** Every request so far whose body was read. */
  readonly asked: readonly PlainAsked[];
}

/** Listens on a free port; `answer` may read the request itself, else its text is noted. */
export function startPlainUpstream(
  answer: (
    asked: PlainAsked,
    request: Request,
  ) => Response | Promise<Response>,
  raw?: (request: Request) => Response | Promise<Response> | undefined,
): PlainUpstream {
  const asked: PlainAsked[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const early = raw?.(request);
      if (early !== undefined) return await early;
      const { pathname, search } = new URL(request.url);
      const one: PlainAsked = {
        method: request.method,
        path: pathname + search,
        headers: request.headers,
        text: new TextDecoder("latin1").decode(await request.arrayBuffer()),
      };
      asked.push(one);
      return await answer(one, request);
    },
  );
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}
