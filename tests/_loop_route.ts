/**
 * Providers that say the same things, each with a proof of its own, and a route
 * over all of them: for loops that move from one to another.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  type Asked,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { GATES } from "./_provider_gates.ts";
import type { LoopSpeaker } from "./_cloud_speakers.ts";
import { startGateway } from "./_gateway.ts";
import { PROOF, type Said } from "./_speakers.ts";

/** What the last turn of the loop says. */
export const LAST_WORDS = "Rome: 21, Oslo: 4";
/** What the loop's tool says each time. */
export const TOLD = "The temperature is 21";
/** What the loop's tool takes. */
export const PARAMETERS = {
  type: "object" as const,
  properties: { city: { type: "string" } },
  required: ["city"],
};
const CITIES = ["Rome", "Oslo"];
/** Providers that say the same things, each with a proof of its own. */
export interface LoopRoute {
  readonly url: string;
  /** What the provider of this name was asked last. */
  last(name: string): Asked;
  /** Whether a provider answers. */
  readonly isDown: Set<string>;
}

function turnOf(number: number): Said {
  const city = CITIES[number];
  return city === undefined ? { text: LAST_WORDS } : {
    thought: `I ask about ${city}`,
    calls: [{ id: `call_${number}`, name: "weather", input: { city } }],
  };
}

/** Runs a gateway with these providers, named `p0`, `p1`, …, and a route over all of them. */
export async function withLoop(
  speakers: readonly LoopSpeaker[],
  run: (route: LoopRoute) => Promise<void>,
): Promise<void> {
  const isDown = new Set<string>();
  const last = new Map<string, Asked>();
  const refused: string[] = [];
  const upstream = startAnsweringUpstream(async (asked) => {
    const name = asked.path.split("/")[1] ?? "";
    const speaker = speakers[Number(name.slice(1))]!;
    last.set(name, asked);
    const fault = GATES[speaker.name]?.(asked.body);
    if (fault !== undefined) {
      refused.push(`${speaker.name}: ${fault}: ${asked.text}`);
    }
    if (isDown.has(name)) return json({ message: "Down" }, { status: 503 });
    const said = turnOf(asked.text.split(/temperature is/).length - 1);
    const isStream = speaker.isStream(asked);
    const response = isStream ? speaker.stream(said) : speaker.whole(said);
    if (response.headers.get("content-type")?.includes("amazon")) {
      return response;
    }
    const text = await response.text();
    const { headers } = response;
    return new Response(text.replaceAll(PROOF, proofOf(name)), { headers });
  });
  const entries = speakers.map(({ entry }, index) =>
    `{name: p${index}, ${entry}, max_retries: 0, base_url: "${upstream.origin}/p${index}/v1"}`
  );
  const targets = speakers.map(({ model }, index) => `"p${index}/${model}"`);
  const gateway = await startGateway(`
providers: [${entries.join()}]
routes: [{match: both, targets: [${targets.join()}]}]
`);
  try {
    await run({ url: gateway.url, last: (name) => last.get(name)!, isDown });
    assertEquals(refused, []);
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

/** The proof that a provider signs with; Bedrock's frames keep the one that all have. */
export function proofOf(name: string): string {
  return `cHJvb2Yt${name}`;
}
