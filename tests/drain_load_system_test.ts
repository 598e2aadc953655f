// A service that is told to stop while hundreds are being answered.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Load, type LoadRequest, type Served } from "./_load.ts";
import { start } from "./_service.ts";

/** `deno task test:load` asks for all of it. */
const EACH = Deno.env.get("LOAD") === "full" ? 200 : 40;
const WORDS = "one two three four five";
const WHOLE: LoadRequest = { model: "mock/slow-900", content: "whole" };
const STREAM: LoadRequest = {
  model: "mock/slow-10-150",
  stream: true,
  content: WORDS,
};

/** The requests under way, this question among them. */
async function running(load: Load): Promise<number> {
  const { body } = await load.get("/metrics");
  return Number(/^proxy_api_requests_in_flight (\d+)$/m.exec(body)?.[1]);
}

function isWhole({ status, body }: Served): boolean {
  return status === 200 && !body.includes('"error"') &&
    body.includes("whole");
}

function isWholeStream({ status, body }: Served): boolean {
  return status === 200 && !body.includes('"error"') &&
    body.includes("five") && body.trimEnd().endsWith("[DONE]");
}

Deno.test(`P1: of ${EACH} streams and ${EACH} requests none is cut before the deadline, and each has its row`, async () => {
  const state = await Deno.makeTempDir();
  const service = await start([], { LLM_PROXY_STATE: state });
  using load = new Load(service.url);
  const asked = Array.from(
    { length: 2 * EACH },
    (_, index) => load.ask(index % 2 === 0 ? STREAM : WHOLE),
  );
  while (await running(load) < 2 * EACH) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const code = service.stop();
  const answers = await Promise.all(asked);
  const streams = answers.filter((_, index) => index % 2 === 0);
  const wholes = answers.filter((_, index) => index % 2 === 1);
  assertEquals(streams.filter(isWholeStream).length, EACH);
  assertEquals(wholes.filter(isWhole).length, EACH);
  assertEquals(await code, 0);
  assertMatch(service.output(), /llm-proxy: stopping, \d+ running/);

  const successor = await start([], { LLM_PROXY_STATE: state });
  const response = await fetch(`${successor.url}/v1/usage/export`);
  const rows = (await response.text()).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  const settled = new Set(
    rows.filter((row) => row.state === "settled").map(({ id }) => id),
  );
  const told = answers.map(({ headers }) => headers["x-request-id"]);
  assertEquals(told.filter((id) => !settled.has(id)), []);
  assert(settled.size >= 2 * EACH);
  assertEquals(await successor.stop(), 0);
  await Deno.remove(state, { recursive: true });
});
