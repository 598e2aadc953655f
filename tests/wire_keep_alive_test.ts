import { assert } from "@std/assert";
import { eventStream } from "./_answering_upstream.ts";
import { chunk, streamEnd } from "./_chat_answers.ts";
import { withGateway } from "./_with_gateway.ts";

/** Lets time pass a thousand times as fast for whoever waits a second or longer. */
function hurry(): () => void {
  const { setInterval } = globalThis;
  const { now } = performance;
  let ahead = 0;
  globalThis.setInterval = ((run: () => void, ms: number) => {
    if (ms < 1_000) return setInterval(run, ms);
    return setInterval(() => {
      ahead += ms;
      run();
    }, ms / 1_000);
  }) as typeof globalThis.setInterval;
  performance.now = () => now.call(performance) + ahead;
  return () => {
    globalThis.setInterval = setInterval;
    performance.now = now;
  };
}

Deno.test("L8: a client hears a comment while the provider is silent, and then the rest", async () => {
  const heard = Promise.withResolvers<void>();
  async function* silent(): AsyncGenerator<string> {
    yield chunk({ role: "assistant", content: "Hi" });
    await heard.promise;
    yield streamEnd();
  }
  const answer = () => eventStream(silent());
  const config = "http_client: {idle_timeout: 3600, total_timeout: 86400}\n";
  await withGateway({ answer, config }, async ({ url }) => {
    const calmDown = hurry();
    try {
      const { body } = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "up/up-1",
          messages: [{ role: "user", content: "hi" }],
          stream: true,
        }),
      });
      let text = "";
      for await (const piece of body!.pipeThrough(new TextDecoderStream())) {
        text += piece;
        if (/^:/m.test(text)) heard.resolve();
      }
      assert(/"Hi"[^]*^: [^]*\[DONE\]\n\n$/m.test(text), text);
    } finally {
      calmDown();
    }
  });
});
