import { connect } from "node:net";

/** Where a listener can be reached from its own machine. */
export interface Reach {
  readonly host: string;
  readonly port: number;
}

/**
 * Gives a sign of life from time to time, each only after the listener has
 * answered a connection: a loop that no longer turns and a listener that no
 * longer accepts are both found (P7). One that is full answers by closing,
 * which is life enough.
 *
 * @returns Ends it.
 */
export function beat(
  { host, port }: Reach,
  { every, alive }: {
    /** Between two signs, in ms. */
    readonly every: number;
    readonly alive: () => void;
  },
): () => void {
  let timer: ReturnType<typeof setTimeout>;
  let stopped = false;
  const again = (): void => {
    if (!stopped) timer = setTimeout(probe, every);
  };
  let hangUp = (): void => {};
  const probe = (): void => {
    const socket = connect({ host, port });
    let answered = false;
    const heard = (): void => {
      if (answered) return;
      answered = true;
      alive();
      socket.destroy();
    };
    hangUp = () => socket.destroy();
    socket.once("connect", () => {
      socket.write(
        `GET /health/live HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
      );
    });
    socket.on("data", heard);
    socket.on("end", heard);
    socket.on("error", () => {});
    socket.on("close", again);
  };
  again();
  return () => {
    stopped = true;
    clearTimeout(timer);
    hangUp();
  };
}
