/** Whether a program that is no part of Deno is here and may be run. */
export function hasProgram(name: string, flag = "--version"): boolean {
  const asked = { name: "run", command: name } as const;
  if (Deno.permissions.querySync(asked).state !== "granted") return false;
  try {
    const output = { stdout: "null", stderr: "null" } as const;
    return new Deno.Command(name, { args: [flag], ...output })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** A port of 127.0.0.1 that nothing listens on now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
