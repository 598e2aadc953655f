// P6: memory that fills up for real, and is given back. It takes half a
// gigabyte, so `deno task test:memory` alone runs it.
import { assert, assertEquals } from "@std/assert";
import { start } from "./_service.ts";

const isFull = Deno.env.get("MEMORY") === "full";
const MIB = 1_048_576;
/** How much each body has sent that does not end. */
const SENT = 30 * MIB;

/** A request whose body goes on being sent: how long it is nobody knows before, else it would be refused. */
async function hold(url: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    `Host: ${hostname}`,
    "Content-Type: application/json",
    "Transfer-Encoding: chunked",
    "",
    "",
  ].join("\r\n");
  await write(connection, new TextEncoder().encode(head));
  const chunk = new TextEncoder().encode(
    `${MIB.toString(16)}\r\n${" ".repeat(MIB)}\r\n`,
  );
  for (let sent = 0; sent < SENT; sent += MIB) await write(connection, chunk);
  return connection;
}

async function write(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await to.write(bytes.subarray(at));
  }
}

Deno.test({
  name:
    "P6: memory that fills up is told, refuses new work with 503 and a time, lets what runs go on, and recovers within 30 s",
  ignore: !isFull,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    const config = `${directory}/config.yaml`;
    await Deno.writeTextFile(
      config,
      `providers: [{type: mock}]
server: {max_body_mb: 64, max_held_mb: 1000}
memory: {limit_mb: 450, monitoring_interval: 0.2}
`,
    );
    const service = await start(["--config", config]);
    const pressure = async (): Promise<string> => {
      const response = await fetch(`${service.url}/health`);
      return (await response.json()).checks.memory.pressure;
    };
    const ask = (): Promise<Response> =>
      fetch(`${service.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "mock/slow",
          stream: true,
          messages: [{ role: "user", content: "hi" }],
        }),
      });
    const comesTo = async (wanted: string): Promise<void> => {
      const deadline = performance.now() + 30_000;
      while (await pressure() !== wanted) {
        assert(performance.now() < deadline, `It never came to ${wanted}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const held: Deno.TcpConn[] = [];
    try {
      assertEquals(await pressure(), "normal");
      const running = await ask();
      assertEquals(running.status, 200);
      while (await pressure() !== "critical") {
        assert(held.length < 30, "It never came to that");
        held.push(await hold(service.url));
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      const refused = await ask();
      assertEquals(refused.status, 503);
      assertEquals(refused.headers.get("retry-after"), "5");
      await refused.body?.cancel();
      // What had begun comes to its end.
      assert((await running.text()).includes("[DONE]"));
      for (const connection of held.splice(0)) connection.close();
      await comesTo("normal");
      const again = await ask();
      assertEquals(again.status, 200);
      await again.text();
    } finally {
      for (const connection of held) connection.close();
      await service.stop();
      await Deno.remove(directory, { recursive: true });
    }
  },
});
