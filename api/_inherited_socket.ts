/** The first descriptor that systemd hands over, sd_listen_fds(3). */
const FIRST = 3;

/**
 * The descriptor of a listening socket that systemd holds for this process, so
 * that a restart refuses nobody; `undefined` where there is none.
 */
export function inheritedSocket(
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): number | undefined {
  const forUs = env("LISTEN_PID") === `${Deno.pid}`;
  return forUs && Number(env("LISTEN_FDS")) > 0 ? FIRST : undefined;
}
