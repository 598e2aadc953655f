import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/** What the platform keeps of the requests of a server that are not answered yet. */
type RequestList = Map<Socket, { req: IncomingMessage | null }>;

/**
 * Has the platform's list of requests that are under way let go of each when it
 * is answered.
 *
 * The list is a Map, as old as the server. When the table behind a Map is full
 * it is left for another, with the entries that it had. Once it is held to be
 * old, all that hangs on these requests stays, and gets old as well, until the
 * whole heap is collected: with 32 clients that was twice a second, and it and
 * the copying before it were a tenth of all work.
 *
 * The list is no part of the platform's interface: where it is not found,
 * nothing is done.
 */
export function forgetAnswered(server: Server): void {
  server.once("listening", () => {
    const list = requestsOf(server);
    if (list === undefined) return;
    Object.defineProperty(list, "delete", {
      value: (socket: Socket): boolean => {
        const entry = list.get(socket);
        if (entry !== undefined) entry.req = null;
        return Map.prototype.delete.call(list, socket);
      },
    });
  });
}

/** The list, which is there from when the server listens. */
export function requestsOf(server: Server): RequestList | undefined {
  const symbol = Object.getOwnPropertySymbols(server)
    .find(({ description }) => description === "http.server.connections");
  return symbol && Reflect.get(server, symbol)?._active;
}
