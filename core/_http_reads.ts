import { Buffer } from "node:buffer";
import type { OnReadOpts, Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** How much is read at once: it is also what a peer whose taker stops has in memory here. */
const READ_BYTES = 32 * 1024;

/**
 * How many bytes that nobody takes stop a connection from being read. While
 * they are taken as they come it says nothing.
 */
export const HELD_READS = { highWaterMark: 4 * 1024 } as const;

/**
 * What every connection is read into. The parser of HTTP is through with a read,
 * and has copied what it keeps of it, before the next one begins.
 */
const READS = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * Has a connection that only speaks HTTP read into memory that all share. What
 * comes while nobody listens was not asked for, and ends it.
 *
 * Left to itself the platform takes 64 KiB for each read, however little comes,
 * of which the collector knows the part that was filled; and it reads once
 * more, as much again, after it was told to stop.
 *
 * @param socket Gives the connection once there is one.
 */
export function sharedReads(socket: () => Socket): OnReadOpts {
  return {
    buffer: READS,
    callback: (size, bytes) => {
      const to = socket();
      if (!to.emit("data", bytes.subarray(0, size))) to.destroy();
      return true;
    },
  };
}

/**
 * Has the connection under TLS stop and go on with it. In Deno TLS goes on
 * taking what comes while it is told to stop, and keeps it: a taker that stalls
 * would fill the memory. There is no public way to stop what is under it, for
 * TLS reads past the socket; where there is nothing to stop nothing is done.
 */
export function stopTogether(tls: TLSSocket, tcp: Socket): void {
  tls.on("pause", () => handleOf(tcp)?.readStop?.());
  tls.on("resume", () => handleOf(tcp)?.readStart?.());
}

/** What the platform reads a connection with. */
interface ReadHandle {
  readStart?(): unknown;
  readStop?(): unknown;
}

function handleOf(socket: Socket): ReadHandle | null | undefined {
  return (socket as { _handle?: ReadHandle | null })._handle;
}
