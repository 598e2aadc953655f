import { assert, assertEquals } from "@std/assert";
import { startGateway } from "./_gateway.ts";
import { eventEnds, type Recording } from "./_recordings.ts";
import {
  type Framing,
  type ReplayUpstream,
  startReplayUpstream,
} from "./_replay_upstream.ts";
import type { Summary } from "./_summary.ts";

/** One family of recordings, replayed against the gateway. */
export interface Replay {
  /** Names the family in tests, for example `chat`. */
  readonly family: string;
  readonly recordings: readonly Recording[];
  /** The provider's entry in the config, without its `base_url`. */
  readonly provider: string;
  /** Where clients of this dialect ask. @default {"/v1/chat/completions"} */
  readonly path?: string;
  /** What the stream's proper end starts with. */
  readonly terminator: string;
  /** What the provider's own SDK reads straight from the upstream at `origin`. */
  expected(origin: string, recording: Recording): Promise<Summary>;
  /** What the client's SDK reads from the gateway. */
  actual(url: string, recording: Recording): Promise<Summary>;
  /** The request body of a client that wants this recording. */
  ask(recording: Recording): Record<string, unknown>;
}

const FRAMINGS: readonly Framing[] = ["chunked", "length", "close"];

/** Registers the tests of one family. */
export function replayTests(replay: Replay): void {
  const { family } = replay;
  for (const bytewise of [false, true]) {
    const how = bytewise ? "in 1-byte writes" : "in one piece";
    test(
      `M12: every ${family} recording reads alike with and without the gateway, ${how}`,
      replay,
      (upstream, url) => alike(replay, { upstream, url, bytewise, how }),
    );
  }
  test(
    `U6: no ${family} stream cut at an event boundary looks complete`,
    replay,
    (upstream, url) => cuts(replay, upstream, url),
  );
}

function test(
  name: string,
  { recordings, provider }: Replay,
  run: (upstream: ReplayUpstream, url: string) => Promise<string>,
): void {
  Deno.test({
    name,
    ignore: recordings.length === 0,
    async fn() {
      const upstream = await startReplayUpstream();
      // What is cut before its first content would be asked for again.
      const entry =
        `{${provider}, max_retries: 0, base_url: "${upstream.origin}/now"}`;
      const gateway = await startGateway(`providers: [${entry}]\n`);
      try {
        // deno-lint-ignore no-console
        console.log(await run(upstream, gateway.url));
      } finally {
        await gateway.close();
        await upstream.close();
      }
    },
  });
}

async function alike(
  { family, recordings, expected, actual }: Replay,
  { upstream, url, bytewise, how }: {
    readonly upstream: ReplayUpstream;
    readonly url: string;
    readonly bytewise: boolean;
    readonly how: string;
  },
): Promise<string> {
  let same = 0;
  for (const [i, recording] of recordings.entries()) {
    const framing = FRAMINGS[i % FRAMINGS.length] ?? "chunked";
    upstream.serve("now", { ...recording, bytewise, framing });
    const direct = await expected(upstream.origin, recording);
    const through = await actual(url, recording).catch((cause) => {
      throw new Error(recording.name, { cause });
    });
    assertEquals(through, direct, recording.name);
    same++;
  }
  return `${same} of ${recordings.length} ${family} recordings alike, ${how}`;
}

async function cuts(
  { family, recordings, terminator, ask, path = "/v1/chat/completions" }:
    Replay,
  upstream: ReplayUpstream,
  url: string,
): Promise<string> {
  let count = 0;
  let caught = 0;
  for (const recording of recordings.filter(({ stream }) => stream)) {
    const end = recording.body.indexOf(terminator);
    const places = [0, ...eventEnds(recording.body)].filter((at) => at <= end);
    for (const cutAt of places) {
      const framing = FRAMINGS[count % FRAMINGS.length] ?? "chunked";
      const cleanEnd = framing === "chunked" && count % 2 === 0;
      upstream.serve("now", { ...recording, framing, cutAt, cleanEnd });
      count++;
      const text = await read(url + path, ask(recording));
      const where = `${recording.name} cut at ${cutAt}: ${text.slice(-300)}`;
      assert(!/\[DONE\]|"message_stop"/.test(text), where);
      assert(!/"(?:finish|stop)_reason":\s*"/.test(text), where);
      assert(/"error":\s*\{/.test(text), where);
      caught++;
    }
  }
  return `${caught} of ${count} cuts of ${family} streams told as errors`;
}

async function read(
  url: string,
  ask: Record<string, unknown>,
): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...ask, stream: true }),
  });
  return await answer.text();
}
