import { Buffer } from "node:buffer";
import { workerRole } from "./_worker.ts";

/** What systemd is told of the service, in the words of sd_notify(3). */
export interface Standing {
  /** One line for whoever asks `systemctl status`. */
  readonly status?: string;
  /** What has become of it. */
  readonly state?: "ready" | "reloading" | "stopping" | "alive";
}

/** The environment as systemd sets it. */
type Environment = (name: string) => string | undefined;

const WORDS = {
  ready: "READY=1",
  reloading: "RELOADING=1",
  stopping: "STOPPING=1",
  alive: "WATCHDOG=1",
} as const;

/**
 * The service manager under which the process runs: systemd, by its
 * notification socket. Elsewhere there is none, and nothing is told.
 */
export class ServiceManager {
  /** How long systemd waits for a sign of life, in ms; `undefined` where it does not. */
  readonly watchdog: number | undefined;
  readonly #socket: Deno.DatagramConn | undefined;
  readonly #peer: string;
  /** Which of several processes tells, where there are several. */
  readonly #worker: string | undefined;
  readonly #own: string;

  /** Opens its own end of the notification socket, if `NOTIFY_SOCKET` names one. */
  constructor(env: Environment = (name) => Deno.env.get(name)) {
    const peer = env("NOTIFY_SOCKET") ?? "";
    this.#peer = peer.startsWith("@") ? `\0${peer.slice(1)}` : peer;
    const worker = workerRole(env)?.number;
    this.#worker = worker === undefined ? undefined : `X_WORKER=${worker}`;
    this.#own = ownPath(env("RUNTIME_DIRECTORY"), worker);
    this.#socket = peer === "" ? undefined : bind(this.#own);
    const forUs = (env("WATCHDOG_PID") || `${Deno.pid}`) === `${Deno.pid}`;
    const microseconds = Number(env("WATCHDOG_USEC"));
    this.watchdog = this.#socket && forUs && microseconds > 0
      ? microseconds / 1000
      : undefined;
  }

  /** Tells how the service does. What cannot be told is not: it must not stop the service. */
  async tell({ state, status }: Standing): Promise<void> {
    if (this.#socket === undefined) return;
    const lines = [
      ...state ? [WORDS[state]] : [],
      ...this.#worker ? [this.#worker] : [],
      ...status ? [`STATUS=${status.replaceAll(/\s+/g, " ")}`] : [],
    ];
    try {
      await this.#socket.send(Buffer.from(lines.join("\n")), {
        transport: "unixpacket",
        path: this.#peer,
      });
    } catch {
      // A full socket: the next sign of life says the same.
    }
  }

  /** Closes its end of the socket. */
  close(): void {
    this.#socket?.close();
    if (this.#socket && !this.#own.startsWith("\0")) remove(this.#own);
  }
}

/** What a process left that was killed, or has gone with its directory. */
function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Nothing is there.
  }
}

/** A name without a file, unless there is a directory for such. */
function ownPath(
  directory: string | undefined,
  worker: number | undefined,
): string {
  return directory
    ? `${directory.split(":")[0]}/notify${worker ?? ""}`
    : `\0llm-proxy-notify-${Deno.pid}`;
}

function bind(path: string): Deno.DatagramConn | undefined {
  if (!path.startsWith("\0")) remove(path);
  try {
    return Deno.listenDatagram({ transport: "unixpacket", path });
  } catch {
    // No permission for it: the service works, and systemd waits in vain.
    return undefined;
  }
}
