// Five workers of which one is asked: run with leave to open sockets.
import { WorkerPeers } from "../api/_worker_peers.ts";

const path = `\0llm-proxy-test-${Deno.pid}-`;
const place = { path, secret: "right", of: 5 };

function listen(number: number): Deno.UnixListener {
  return Deno.listen({ transport: "unix", path: `${path}${number}` });
}

async function tell(text: string): Promise<string> {
  const conn = await Deno.connect({ transport: "unix", path: `${path}1` });
  await conn.write(new TextEncoder().encode(text));
  // What is not read to its end is reset.
  return await new Response(conn.readable).text().catch(() => "");
}

const first = new WorkerPeers({ ...place, number: 1 });
const second = new WorkerPeers({ ...place, number: 2 });
first.answerBy((question) => `first: ${question}`);
second.answerBy((question) => `${question}${" ".repeat(1_000_000)}`);
// The third hangs, the fourth breaks off, the fifth is not there.
const third = listen(3);
const fourth = listen(4);
fourth.accept().then(async (conn) => {
  await conn.read(new Uint8Array(100));
  await conn.write(new TextEncoder().encode("9\nhalf"));
  conn.close();
});
const answers = (await first.ask("what?")).map((text) => text.trim());
const strangers = [
  await tell("wrong?\n"),
  await tell("\n"),
  await tell("x".repeat(20_000)),
];
for (const it of [first, second, third, fourth]) it.close();
Deno.stdout.writeSync(
  new TextEncoder().encode(JSON.stringify({ answers, strangers })),
);
Deno.exit();
