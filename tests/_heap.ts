/**
 * What a process holds in its memory, by the inspector that Deno has.
 *
 * @module
 */

/** A port that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/**
 * Everything that a process's JavaScript holds, as V8 writes it: the texts of
 * all strings that something still refers to.
 *
 * @param port Where it was started with `--inspect`.
 */
export async function heapOf(port: number): Promise<string> {
  const [{ webSocketDebuggerUrl }] = await (await fetch(
    `http://127.0.0.1:${port}/json`,
  )).json();
  const socket = new WebSocket(webSocketDebuggerUrl);
  const pieces: string[] = [];
  const done = new Map<number, () => void>();
  const closed = new Promise<void>((resolve) => {
    socket.onclose = () => resolve();
  });
  socket.onmessage = ({ data }) => {
    const { id, method, params } = JSON.parse(data);
    if (method === "HeapProfiler.addHeapSnapshotChunk") {
      pieces.push(params.chunk);
    }
    done.get(id)?.();
  };
  await new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
  });
  for (
    const [id, method] of [
      "HeapProfiler.enable",
      "HeapProfiler.collectGarbage",
      "HeapProfiler.takeHeapSnapshot",
    ].entries()
  ) {
    await new Promise<void>((resolve) => {
      done.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params: {} }));
    });
  }
  socket.close();
  await closed;
  return pieces.join("");
}
