/**
 * Every recording before clients of every dialect: what must be the same, and
 * what must be an error, whatever the pieces that it comes in.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startGateway } from "./_gateway.ts";
import { eventEnds, type Recording } from "./_recordings.ts";
import type { ReplayClient } from "./_replay_clients.ts";
import type { Family } from "./_replay_families.ts";
import {
  type Framing,
  type ReplayUpstream,
  type Script,
  startReplayUpstream,
} from "./_replay_upstream.ts";
import { seeded } from "./_respell.ts";
import type { Summary } from "./_summary.ts";
import { varyRecording } from "./_vary_recording.ts";

/** A provider's recordings and a client that reads them. */
export interface Pair {
  readonly family: Family;
  readonly client: ReplayClient;
  /** One of so many is taken, beginning with this one. @default {all} */
  readonly sample?: { readonly share: number; readonly offset: number };
  /** How many forms of each are sent where it is sent in other forms. @default {1} */
  readonly forms?: number;
}

/** How a recording is sent. */
export type Manner =
  | "in one piece"
  | "byte by byte"
  | "with other line ends"
  | "in other forms";

/** What stands between an upstream and a client. */
interface Between {
  readonly url: string;
  serve(script: Script): void;
  /** Whether the upstream was asked since it last served something new. */
  wasAsked(): boolean;
}

const CODINGS = [undefined, "gzip", "br", "deflate"] as const;
const FRAMINGS: readonly Framing[] = ["chunked", "length", "close"];

/** Checks that a client reads what the provider's own SDK reads. Resolves with how many answers. */
export async function readsAlike(pair: Pair, manner: Manner): Promise<number> {
  const { family, client } = pair;
  const { forms = 1 } = manner === "in other forms" ? pair : {};
  const upstream = await startReplayUpstream();
  const url = `${upstream.origin}/now`;
  let count = 0;
  try {
    const { recordings, own, provider } = family;
    await between(pair, upstream, async (gateway) => {
      for (const recording of sampled(recordings, pair)) {
        const { name, stream, truth } = recording;
        gateway.serve(recording);
        const expected = truth ??
          await own.read({ url, model: "m", stream });
        for (let form = 0; form < forms; form++) {
          gateway.serve(
            scriptOf(recording, manner, { count: count++, family }),
          );
          const asking = { url: gateway.url, model: `${provider}/m`, stream };
          const where = `${name}, form ${count}`;
          const actual = await client.read(asking).catch((cause) => {
            throw new Error(where, { cause });
          });
          assertEquals(
            comparable(actual, expected),
            comparable(expected),
            where,
          );
        }
      }
    });
    return count;
  } finally {
    await upstream.close();
  }
}

function scriptOf(
  recording: Recording,
  manner: Manner,
  { count, family }: { readonly count: number; readonly family: Family },
): Script {
  const framing = FRAMINGS[count % FRAMINGS.length] ?? "chunked";
  switch (manner) {
    case "in one piece":
      return { ...recording, framing };
    case "byte by byte":
      return { ...recording, framing, bytewise: true };
    case "with other line ends": {
      const { body, stream } = recording;
      return {
        ...recording,
        framing,
        body: stream ? withOtherEnds(body) : body,
      };
    }
    case "in other forms": {
      const random = seeded(count * 7919 + family.name.length);
      const varied = varyRecording(recording, { family: family.name, random });
      const coding = CODINGS[Math.floor(random() * CODINGS.length)];
      const isLoud = random() < 0.5;
      return { ...varied, framing, isLoud, ...coding && { coding } };
    }
  }
}

/** Checks that no cut of a stream looks complete. Resolves with how many cuts. */
export function tellsCuts(pair: Pair): Promise<number> {
  return tellsFaults(pair, (recording, at, count) => {
    const framing = FRAMINGS[count % FRAMINGS.length] ?? "chunked";
    const cleanEnd = framing === "chunked" && count % 2 === 0;
    return { ...recording, framing, cutAt: at, cleanEnd };
  });
}

/** Checks that a failure told within a stream is one. Resolves with how many failures. */
export function tellsFailures(pair: Pair): Promise<number> {
  return tellsFaults(pair, (recording, at) => {
    const { body } = recording;
    const failing = body.slice(0, at) + pair.family.failure + body.slice(at);
    return { ...recording, body: failing };
  });
}

async function tellsFaults(
  pair: Pair,
  fault: (recording: Recording, at: number, count: number) => Script,
): Promise<number> {
  const { family, client } = pair;
  const upstream = await startReplayUpstream();
  const streams = family.recordings.filter(({ stream }) => stream);
  const places = streams.flatMap((recording) => {
    const end = recording.body.indexOf(family.terminator);
    return [0, ...eventEnds(recording.body)]
      .filter((at) => at <= end)
      .map((at) => ({ recording, at }));
  });
  const taken = sampled(places, pair);
  try {
    await between(pair, upstream, async (gateway) => {
      for (const [count, { recording, at }] of taken.entries()) {
        gateway.serve(fault(recording, at, count));
        const model = `${family.provider}/m`;
        const answer = await fetch(
          client.request({ url: gateway.url, model, stream: true }),
        );
        const text = await answer.text();
        const where = `${recording.name} at ${at}: ${text.slice(-300)}`;
        assert(gateway.wasAsked(), where);
        assert(!client.ending.test(text), where);
        assert(/"error":\s*\{|"type":\s*"error"/.test(text), where);
      }
    });
    return taken.length;
  } finally {
    await upstream.close();
  }
}

/** Puts a gateway between. */
async function between(
  { family }: Pair,
  upstream: ReplayUpstream,
  use: (between: Between) => Promise<void>,
): Promise<void> {
  const serve = (script: Script): void => {
    upstream.requests.clear();
    upstream.serve("now", script);
  };
  // What is cut before its first content would be asked for again.
  const entry =
    `{${family.entry}, max_retries: 0, base_url: "${upstream.origin}/now"}`;
  const gateway = await startGateway(`providers: [${entry}]\n`);
  try {
    await use({
      url: gateway.url,
      serve,
      wasAsked: () => upstream.requests.has("now"),
    });
  } finally {
    await gateway.close();
  }
}

function sampled<T>(
  items: readonly T[],
  { sample }: Pick<Pair, "sample">,
): readonly T[] {
  if (sample === undefined) return items;
  const { share, offset } = sample;
  return items.filter((_, index) => index % share === offset % share);
}

function withOtherEnds(body: string): string {
  return body.includes("\r\n")
    ? body.replaceAll("\r\n", "\n")
    : body.replaceAll("\n", "\r\n");
}

/** What must be the same: counts where the provider has told some, names of ends by class. */
export function comparable(
  { usage, finish, ...said }: Summary,
  reference: Summary = { usage, finish, ...said },
): object {
  return {
    ...said,
    finish: said.toolCalls.length > 0 && finish === "stop"
      ? "tool_calls"
      : finish,
    usage: reference.usage && usage,
  };
}
