/** The exit code of a fault. */
export const FAULT = 1;
/** The exit code of wrong usage. */
export const USAGE = 2;

/** Writes to standard output; the exit code of success. */
export function print(text: string): number {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
  return 0;
}

/** Writes a line to standard error; `code` is the exit code. */
export function tell(text: string, code: number): number {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  return code;
}
