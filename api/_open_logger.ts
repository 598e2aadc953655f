import {
  fileSink,
  isJournal,
  type Logger,
  type LogSink,
  redactingLogger,
  redactingSink,
  type Redactor,
  stdoutSink,
  StructuredLogger,
} from "@llm-proxy/logging";
import { type LoadedClass, loadExport } from "./_load_export.ts";
import { logFileFault } from "./_log_file_fault.ts";
import type { LoggingConfig } from "./config_types_operation.ts";

const MIB = 1024 * 1024;
/** What a logger must be able to do. */
const METHODS = ["debug", "info", "warn", "error", "child"] as const;

/**
 * Why the log that a config describes can't be had, in one sentence; nothing
 * where it can. Writes nothing.
 */
export async function loggingFault(
  { file, module, class: name }: LoggingConfig,
): Promise<string | undefined> {
  try {
    if (module !== undefined && name !== undefined) {
      await loadExport(module, name);
    } else if (file !== undefined) {
      const fault = await logFileFault(file, { opens: false });
      return fault && fileMessage(file, fault);
    }
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Opens the log that a config describes: the gateway's own logger on standard
 * output or a file, or the class that takes its place, which is given `level`,
 * `format`, `file` and `rotation` as they stand. Either is behind the redactor.
 *
 * @throws {TypeError} with one sentence for the operator.
 */
export async function openLogger(
  config: LoggingConfig,
  redactor: Redactor,
): Promise<Logger> {
  const { module, class: name, level, format, file } = config;
  if (module !== undefined && name !== undefined) {
    return redactingLogger(
      await makeLogger(config, { module, name }),
      redactor,
    );
  }
  if (file === undefined) {
    const sink = redactingSink(stdoutSink(), redactor);
    return new StructuredLogger({
      level,
      format,
      sink,
      priorities: isJournal(),
    });
  }
  const sink = redactingSink(await openFile(file, config), redactor);
  // What standard output is says nothing of a file.
  const ownFormat = format === "auto" ? "json" : format;
  return new StructuredLogger({ level, format: ownFormat, sink });
}

async function openFile(
  file: string,
  { rotation }: LoggingConfig,
): Promise<LogSink> {
  const fault = await logFileFault(file, { opens: true });
  if (fault !== undefined) throw new TypeError(fileMessage(file, fault));
  return fileSink(file, {
    ...(rotation !== undefined && {
      maxBytes: rotation.max_size_mb * MIB,
      maxFiles: rotation.max_files,
    }),
  });
}

async function makeLogger(
  { level, format, file, rotation }: LoggingConfig,
  { module, name }: { readonly module: string; readonly name: string },
): Promise<Logger> {
  const loaded = await loadExport(module, name);
  const made = construct(loaded, { level, format, file, rotation });
  for (const method of METHODS) {
    if (typeof (made as Partial<Logger> | null)?.[method] === "function") {
      continue;
    }
    throw new TypeError(
      `Cannot log by '${name}' of '${module}': it has no method '${method}'`,
    );
  }
  return made as Logger;
}

function construct(loaded: LoadedClass, options: unknown): unknown {
  try {
    return new loaded(options);
  } catch (error) {
    throw new TypeError(
      `Cannot make a logger by logging.class: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function fileMessage(file: string, fault: string): string {
  return `Cannot write to logging.file '${file}': ${fault}`;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? "";
}
