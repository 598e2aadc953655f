/**
 * One problem of a config file. It never quotes a secret or what came from
 * the environment.
 *
 * @example What was found where
 * ```ts
 * import { type ConfigFault, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig("server:\n  port: 99999\n", {
 *   file: "config.yaml",
 *   env: () => undefined,
 * });
 * assert(!result.ok);
 * const fault: ConfigFault | undefined = result.faults[0];
 * assertEquals(fault?.path, "server.port");
 * assertEquals(fault?.line, 2);
 * assertEquals(fault?.column, 9);
 * ```
 */
export interface ConfigFault {
  /** The file as it was named to the loader. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** Counts from 1, in UTF-16 units. */
  readonly column: number;
  /** For example `providers[0].base_url`; empty where no key is at fault. */
  readonly path: string;
  /** One line that says what is wrong, with a suggestion where there is one. */
  readonly message: string;
}

/**
 * Writes a fault as compilers do: `file:line:column: message`, on one line.
 *
 * @param fault The fault.
 * @returns The line, without a line end.
 *
 * @example A misspelt key
 * ```ts
 * import { formatFault, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig("server:\n  prot: 80\n", {
 *   file: "config.yaml",
 *   env: () => undefined,
 * });
 * assert(!result.ok);
 * assertEquals(
 *   result.faults.map(formatFault),
 *   ["config.yaml:2:3: Unknown key 'prot' in server (did you mean 'port'?)"],
 * );
 * ```
 */
export function formatFault(fault: ConfigFault): string {
  const { file, line, column, message } = fault;
  return `${printable(file)}:${line}:${column}: ${printable(message)}`;
}

/** Foreign text must neither break the line nor steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\ufffd");
}
