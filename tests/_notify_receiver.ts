/**
 * Stands for systemd's end of the notification socket: prints each message as
 * one line of JSON. Takes the socket's path as its argument.
 *
 * @module
 */

if (import.meta.main) {
  const socket = Deno.listenDatagram({
    transport: "unixpacket",
    path: Deno.args[0] ?? "",
  });
  const decoder = new TextDecoder();
  const say = (line: string): void => {
    Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  };
  say('"listening"');
  for await (const [bytes] of socket) {
    say(JSON.stringify(decoder.decode(bytes)));
  }
}
