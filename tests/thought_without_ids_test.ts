/**
 * Google's SDK in the hands of a program that keeps of the model's calls their
 * names and arguments alone: neither ids nor proofs of thought come back.
 *
 * @module
 */

import "./_no_hostname.ts";
import { type Content, GoogleGenAI, type Part } from "@google/genai";
import { assert, assertEquals } from "@std/assert";
import {
  type Asked,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { LOOP_SPEAKERS, type LoopSpeaker } from "./_cloud_speakers.ts";
import { startGateway } from "./_gateway.ts";
import { PROOF, type Said } from "./_speakers.ts";

/** The same tool again and again: twice at once, the second time as before. */
const CALLS = [["Rome", "Oslo"], ["Rome", "Rome"], ["Oslo"]];
const END: Said = { text: "Done" };

/** What the model says in a turn, with ids that are of no other turn. */
function turnOf(number: number): Said {
  const cities = CALLS[number];
  return cities === undefined ? END : {
    thought: `Turn ${number}`,
    calls: cities.map((city, index) => ({
      id: `call_x${number}${index}`,
      name: "weather",
      input: { city },
    })),
  };
}

/** The proof of a turn of a provider. */
function proofOf(provider: string, turn: number): string {
  return btoa(`proof ${provider} ${turn}`).replaceAll("=", "A");
}

/** Providers behind one route, of which some may be down. */
interface Rig {
  readonly url: string;
  readonly isDown: Set<string>;
  /** The requests to a provider. */
  asked(name: string): readonly Asked[];
}

async function withProviders(
  speakers: readonly LoopSpeaker[],
  use: (rig: Rig) => Promise<void>,
): Promise<void> {
  const isDown = new Set<string>();
  const all: [string, Asked][] = [];
  const upstream = startAnsweringUpstream(async (asked) => {
    const name = asked.path.split("/")[1] ?? "";
    const speaker = speakers[Number(name.slice(1))]!;
    if (isDown.has(name)) return json({ message: "Down" }, { status: 503 });
    all.push([name, asked]);
    // Every result says so; as many turns are behind as have been answered.
    const results = asked.text.split("degrees").length - 1;
    const turn = [0, 2, 4, 5].indexOf(results);
    assert(turn >= 0, asked.text);
    const said = turnOf(turn);
    const response = speaker.isStream(asked)
      ? speaker.stream(said)
      : speaker.whole(said);
    const { headers } = response;
    const text = await response.text();
    return new Response(text.replaceAll(PROOF, proofOf(name, turn)), {
      headers,
    });
  });
  const entries = speakers.map(({ entry }, index) =>
    `{name: p${index}, ${entry}, max_retries: 0, base_url: "${upstream.origin}/p${index}/v1"}`
  );
  const targets = speakers.map(({ model }, index) => `"p${index}/${model}"`);
  const gateway = await startGateway(`
providers: [${entries.join()}]
routes: [{match: all, targets: [${targets.join()}]}]
`);
  try {
    await use({
      url: gateway.url,
      isDown,
      asked: (name) =>
        all.filter(([to]) => to === name).map(([, asked]) => asked),
    });
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

/** Goes the loop, and keeps of calls what must be kept. Resolves with the last words. */
async function loop(
  url: string,
  stream: boolean,
  before: (turn: number) => void = () => {},
): Promise<string | undefined> {
  const { models } = new GoogleGenAI({
    apiKey: "key-of-the-caller-0000",
    httpOptions: { baseUrl: url },
  });
  const contents: Content[] = [{ role: "user", parts: [{ text: "Go" }] }];
  for (let turn = 0; turn <= CALLS.length; turn++) {
    before(turn);
    const ask = {
      model: "all",
      contents,
      config: {
        maxOutputTokens: 16_000,
        thinkingConfig: { includeThoughts: true, thinkingBudget: 2_000 },
        tools: [{ functionDeclarations: [{ name: "weather" }] }],
      },
    };
    const parts: Part[] = [];
    const pieces = stream
      ? await models.generateContentStream(ask)
      : [await models.generateContent(ask)];
    for await (const { candidates } of pieces) {
      parts.push(...candidates?.[0]?.content?.parts ?? []);
    }
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    if (calls.length === 0) {
      return parts.filter(({ thought }) => !thought)
        .map(({ text = "" }) => text).join("");
    }
    contents.push({
      role: "model",
      parts: calls.map(({ name, args }) => ({
        functionCall: { name: name!, args: args! },
      })),
    });
    contents.push({
      role: "user",
      parts: calls.map(({ name, args }, index) => ({
        functionResponse: {
          name: name!,
          response: { output: `${turn}.${index} ${args?.city}: 9 degrees` },
        },
      })),
    });
  }
  return undefined;
}

/** All results in the order of their calls, each behind its own. */
function checkOrder({ text }: Asked): void {
  const told = [...text.matchAll(/(\d\.\d) (\w+): 9 degrees/g)]
    .map(([, place, city]) => `${place} ${city}`);
  const expected = CALLS.flatMap((cities, turn) =>
    cities.map((city, index) => `${turn}.${index} ${city}`)
  );
  assertEquals(told, expected.slice(0, told.length));
}

// Frames of an event stream hold what they hold.
const SPEAKERS = LOOP_SPEAKERS.filter(({ name }) => name !== "bedrock");

for (const speaker of SPEAKERS) {
  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";
    Deno.test(`D5, D6, D8, D9: calls without ids find their results and their proofs at ${speaker.name}, ${how}`, () =>
      withProviders([speaker], async ({ url, asked }) => {
        assertEquals(await loop(url, stream), "Done");
        const requests = asked("p0");
        assertEquals(requests.length, CALLS.length + 1);
        for (const [turn, request] of requests.entries()) {
          checkOrder(request);
          for (let past = 0; past < turn; past++) {
            const count = request.text.split(proofOf("p0", past)).length - 1;
            const isSigned = speaker.family !== undefined;
            assertEquals(count, isSigned ? 1 : 0, `${past} of ${turn}`);
          }
        }
      }));
  }
}

Deno.test("D5, D9: calls without ids find their proofs again after another provider has gone on", async () => {
  const signing = SPEAKERS.filter(({ family }) => family !== undefined);
  for (const first of signing) {
    for (const second of signing) {
      if (first === second) continue;
      const where = `${first.name} -> ${second.name}`;
      await withProviders([first, second], async ({ url, isDown, asked }) => {
        // The second turn is the other's.
        const said = await loop(url, false, (turn) => {
          if (turn === 1) isDown.add("p0");
          else isDown.clear();
        });
        assertEquals(said, "Done", where);
        const [other] = asked("p1");
        const last = asked("p0").at(-1)!;
        checkOrder(other!);
        checkOrder(last);
        const isKin = first.family === second.family;
        assertEquals(other!.text.includes(proofOf("p0", 0)), isKin, where);
        assert(last.text.includes(proofOf("p0", 0)), where);
        assertEquals(last.text.includes(proofOf("p1", 1)), isKin, where);
        assert(last.text.includes(proofOf("p0", 2)), where);
      });
    }
  }
});

Deno.test("D9: the same call in another conversation of the same caller finds no proof", () =>
  withProviders([SPEAKERS.find(({ name }) => name === "gemini")!], async ({
    url,
    asked,
  }) => {
    await loop(url, false);
    const { models } = new GoogleGenAI({
      apiKey: "key-of-the-caller-0000",
      httpOptions: { baseUrl: url },
    });
    const call = { name: "weather", args: { city: "Rome" } };
    await models.generateContent({
      model: "all",
      contents: [
        { role: "user", parts: [{ text: "Someone else" }] },
        { role: "model", parts: [{ functionCall: call }] },
        {
          role: "user",
          parts: [{
            functionResponse: {
              name: "weather",
              response: { output: "0.0 Rome: 9 degrees; 9 degrees" },
            },
          }],
        },
      ],
    });
    assert(!asked("p0").at(-1)!.text.includes(proofOf("p0", 0)));
  }));
