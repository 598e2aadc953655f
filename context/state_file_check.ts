import { probeStateFile, type StateFileVerdict } from "./state_file_probe.ts";

/** How a state file is checked. */
export interface StateFileCheckOptions {
  /**
   * What is run to check a file; its path is added. It has to end up in
   * {@linkcode probeStateFile}.
   *
   * @default {Deno itself; where the program is compiled, the program with the argument `check-state`}
   */
  readonly command?: readonly string[];
  /**
   * How long the check may take, in milliseconds. It reads the whole file.
   *
   * @default {120_000}
   */
  readonly timeoutMs?: number;
  /** Ends the check. */
  readonly signal?: AbortSignal;
}

/** Signals that say that the process was at fault, and not somebody else. */
const FAULTS: ReadonlySet<string> = new Set([
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGSEGV",
  "SIGTRAP",
]);
/** No more than this is read of what a check prints, in bytes. */
const MAX_OUTPUT = 65_536;

/**
 * Checks a state file in a process of its own, because a corrupt page can end
 * the process that opens it. It never rejects.
 *
 * It needs the permission to run the command.
 *
 * @example Before a file is opened
 * ```ts
 * import { checkStateFile } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "no database".repeat(100));
 * const { state } = await checkStateFile(path);
 * assertEquals(state, "corrupt");
 * await Deno.remove(path);
 * ```
 */
export async function checkStateFile(
  path: string,
  options: StateFileCheckOptions = {},
): Promise<StateFileVerdict> {
  const { timeoutMs = 120_000 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal
    ? AbortSignal.any([options.signal, timeout])
    : timeout;
  try {
    const [program = "", ...args] = options.command ?? ownCommand();
    const isOwn = options.command === undefined && !Deno.build.standalone;
    const child = new Deno.Command(program, {
      args: [...args, path],
      stdin: isOwn ? "piped" : "null",
      stdout: "piped",
      stderr: "null",
      signal,
    }).spawn();
    const [, output, status] = await Promise.all([
      isOwn ? writeAll(child.stdin, ownProgram()) : undefined,
      readText(child.stdout),
      child.status,
    ]);
    return judge(output, status, timeout.aborted);
  } catch (error) {
    return { state: "unknown", detail: String(error) };
  }
}

/** Without configuration and dependencies, whatever is around. */
function ownCommand(): string[] {
  if (Deno.build.standalone) return [Deno.execPath(), "check-state"];
  // A service may be allowed to run "deno", whatever path that stands for.
  const own = Deno.execPath();
  const { state } = Deno.permissions.querySync({ name: "run", command: own });
  return [
    state === "granted" ? own : "deno",
    "run",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--no-prompt",
    "--unstable-kv",
    "--allow-read",
    "--allow-write",
    "-",
  ];
}

function ownProgram(): string {
  return `await (${probeStateFile.toString()})(Deno.args[0]);`;
}

function judge(
  output: string,
  { code, signal }: Deno.CommandStatus,
  isLate: boolean,
): StateFileVerdict {
  const verdict = lastVerdict(output);
  if (verdict && verdict.state !== "opening") return verdict;
  if (isLate) return { state: "unusable", detail: "The check took too long" };
  const end = signal ?? `exit code ${code}`;
  // Whoever was killed from outside says nothing about the file.
  const isFault = verdict !== undefined &&
    (signal === null || FAULTS.has(signal));
  return isFault
    ? { state: "corrupt", detail: `Opening it ended the process: ${end}` }
    : { state: "unknown", detail: `The check ended early: ${end}` };
}

function lastVerdict(
  output: string,
): StateFileVerdict | { readonly state: "opening" } | undefined {
  const line = output.trim().split("\n").findLast((line) =>
    line.startsWith("{")
  );
  try {
    return line === undefined ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function writeAll(
  stream: WritableStream<Uint8Array>,
  text: string,
): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // A process that does not read says by its end what is wrong with it.
  }
}

async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    if (text.length < MAX_OUTPUT) {
      text += decoder.decode(bytes, { stream: true });
    }
  }
  return text;
}
