import { inheritedSocket } from "./_inherited_socket.ts";
import { ServiceManager } from "./_service_manager.ts";
import { print } from "./_terminal.ts";
import {
  ownCommandLine,
  WORKER,
  WORKER_FD,
  WORKER_PEERS,
  WORKER_PORT,
  WORKER_SECRET,
  type WorkerNeeds,
} from "./_worker.ts";
import { WorkerProcess } from "./_worker_process.ts";
import { socketFiles, type WorkerSockets } from "./_worker_sockets.ts";

/** How long a worker may give no sign of life, in ms. */
const PATIENCE = 15_000;
/** Exit codes from here on are those of signals. */
const SIGNALLED = 128;
const PASSED_ON = ["SIGHUP", "SIGUSR2"] as const;
const ENDS = ["SIGINT", "SIGTERM"] as const;

/** What {@linkcode supervise} goes by. */
export interface SuperviseOptions extends WorkerNeeds {
  /** How many workers. */
  readonly workers: number;
  /** Where they have their sockets. */
  readonly sockets: WorkerSockets;
}

/**
 * Runs the service as several processes on one port, each with its own loop, so
 * that all cores work: starts them, starts those again that die or hang, and
 * passes on what it is told. One that dies loses its own requests and no others.
 *
 * @returns The exit code.
 */
export async function supervise(
  { workers, sockets, ...needs }: SuperviseOptions,
): Promise<number> {
  const own = socketFiles(sockets, workers);
  const manager = new ServiceManager();
  const { path, directory } = sockets;
  if (directory !== undefined) await clear(directory, path);
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const fd = inheritedSocket();
  const command = ownCommandLine({ ...needs, sockets: own });
  const { host, port } = needs.config.server;
  const shared = port || freePort(host);
  const secret = `${crypto.randomUUID()}${crypto.randomUUID()}`;
  const ended = Promise.withResolvers<number>();
  let isUp = false;
  const processes = Array.from(
    { length: workers },
    (_, index) =>
      new WorkerProcess({
        command,
        env: {
          [WORKER]: `${index + 1}/${workers}`,
          [WORKER_PORT]: String(shared),
          ...fd !== undefined && { [WORKER_FD]: String(fd) },
          [WORKER_PEERS]: path.replace("\0", "@").concat("-"),
          [WORKER_SECRET]: secret,
          NOTIFY_SOCKET: path.replace("\0", "@"),
          ...directory !== undefined && { RUNTIME_DIRECTORY: directory },
          WATCHDOG_USEC: String(PATIENCE * 1000),
          WATCHDOG_PID: "",
        },
        patience: PATIENCE,
        onReady: () => {
          const ready = processes.filter((it) => it.isReady).length;
          const status = `${ready} of ${workers} workers serve`;
          if (ready === workers) print(`llm-proxy: ${status}\n`);
          if (ready === workers) isUp = true;
          void manager.tell({
            status,
            ...ready === workers && { state: "ready" },
          });
        },
        onEnd: (code, again) => {
          if (again === undefined) return;
          // What keeps a worker from its first start keeps it from all others.
          if (!isUp && code > 0 && code < SIGNALLED) return ended.resolve(code);
          const what = `worker ${index + 1} ended with ${code}`;
          print(`llm-proxy: ${what}, another starts in ${again} ms\n`);
        },
      }),
  );
  void listen(socket, processes);
  const stopBeating = beat(manager);
  const stopListening = onSignals({
    pass: (name) => processes.forEach((it) => it.signal(name)),
    end: () => ended.resolve(0),
    hasten: (name) => processes.forEach((it) => it.signal(name)),
  });
  const code = await ended.promise;
  print(`llm-proxy: stopping ${workers} workers\n`);
  void manager.tell({
    state: "stopping",
    status: `stopping ${workers} workers`,
  });
  await Promise.all(processes.map((it) => it.stop("SIGTERM")));
  stopBeating();
  stopListening();
  socket.close();
  manager.close();
  return code;
}

/** Hears what workers tell of themselves. */
async function listen(
  socket: Deno.DatagramConn,
  processes: readonly WorkerProcess[],
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const [bytes] of socket) {
    const lines = new Set(decoder.decode(bytes).split("\n"));
    const from = lines.values().find((line) => line.startsWith("X_WORKER="));
    processes[Number(from?.slice("X_WORKER=".length)) - 1]?.told(lines);
  }
}

/** The supervisor's own signs of life: it watches the workers itself. */
function beat(manager: ServiceManager): () => void {
  if (manager.watchdog === undefined) return () => {};
  const timer = setInterval(
    () => void manager.tell({ state: "alive" }),
    manager.watchdog / 2,
  );
  return () => clearInterval(timer);
}

function onSignals({ pass, end, hasten }: {
  readonly pass: (name: Deno.Signal) => void;
  readonly end: () => void;
  readonly hasten: (name: Deno.Signal) => void;
}): () => void {
  let isEnding = false;
  const listeners: [Deno.Signal, () => void][] = [
    ...PASSED_ON.map((name) =>
      [name, () => pass(name)] as [Deno.Signal, () => void]
    ),
    ...ENDS.map((name) =>
      [name, () => {
        if (isEnding) return hasten(name);
        isEnding = true;
        end();
      }] as [Deno.Signal, () => void]
    ),
  ];
  for (const [name, listener] of listeners) {
    Deno.addSignalListener(name, listener);
  }
  return () => {
    for (const [name, listener] of listeners) {
      Deno.removeSignalListener(name, listener);
    }
  };
}

/** Makes room for the socket: one of the same name is left of a service that was killed. */
async function clear(directory: string, path: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    await Deno.remove(path);
  } catch {
    // There is none.
  }
}

/** A port that is free now, for all workers to share. */
function freePort(hostname: string): number {
  const listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
