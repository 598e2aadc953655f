/** The exit code of a fault. */
export const FAULT = 1;
/** The exit code of wrong usage. */
export const USAGE = 2;

/** Writes to standard output; the exit code of success. */
export function print(text: string): number {
  write(Deno.stdout, text);
  return 0;
}

/** Writes a line to standard error; `code` is the exit code. */
export function tell(text: string, code: number): number {
  write(Deno.stderr, `${text}\n`);
  return code;
}

function write(to: typeof Deno.stdout, text: string): void {
  try {
    to.writeSync(new TextEncoder().encode(text));
  } catch {
    // Nobody reads any more: that stops no service.
  }
}
