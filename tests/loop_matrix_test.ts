/**
 * Clients of each SDK go a tool loop with thought at each provider: two calls at once,
 * their results, and the answer.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { speakersFor } from "./_cloud_speakers.ts";
import { LOOP_CLIENTS } from "./_loop_clients.ts";
import { GATES } from "./_provider_gates.ts";
import { type Said, says } from "./_speakers.ts";
import { withGateway } from "./_with_gateway.ts";

const QUESTION = "How warm is it in Rome and Oslo?";
const ANSWER = "Rome: 21, Oslo: 4";
const TEMPERATURES: Readonly<Record<string, number>> = { Rome: 21, Oslo: 4 };
const PARAMETERS = {
  type: "object" as const,
  properties: { city: { type: "string" } },
  required: ["city"],
};
const THOUGHT = "I ask about both";
const TURNS: readonly Said[] = [
  {
    thought: THOUGHT,
    calls: [
      { id: "call_1", name: "weather", input: { city: "Rome" } },
      { id: "call_2", name: "weather", input: { city: "Oslo" } },
    ],
  },
  { text: ANSWER },
];

for (const [name, run] of Object.entries(LOOP_CLIENTS)) {
  // Messages clients' loop at Bedrock is in bedrock_loop_test.ts.
  for (const speaker of speakersFor(name)) {
    Deno.test(`C5, C12, D8, E12, J6: ${name} clients go a tool loop with thought at ${speaker.name}, whole and streamed`, async () => {
      for (const stream of [false, true]) {
        await withGateway({
          answer: says(speaker as Parameters<typeof says>[0], ...TURNS),
          provider: `name: p, ${speaker.entry}`,
        }, async ({ url, upstream }) => {
          const asked: string[] = [];
          const answer = await run({
            url,
            model: `p/${speaker.model}`,
            stream,
            question: QUESTION,
            tools: [{
              name: "weather",
              parameters: PARAMETERS,
              run({ city }): string {
                asked.push(String(city));
                return String(TEMPERATURES[String(city)]);
              },
            }],
          });
          assertEquals([answer, asked.sort()], [ANSWER, ["Oslo", "Rome"]]);
          const refused = upstream.asked.map(({ body }) =>
            GATES[speaker.name]?.(body)
          );
          assertEquals(refused, [undefined, undefined]);
          const sent = upstream.asked.map(({ text }) => text);
          assertEquals(sent.length, 2);
          // The calls and their results went to the provider.
          for (const told of ["Rome", "21", "Oslo", "4"]) {
            assert(sent[1]?.includes(told));
          }
          // This one refuses a call without the thought that led to it.
          if (speaker.name === "deepseek") {
            assert(sent[1]?.includes(THOUGHT), sent[1]);
          }
        });
      }
    });
  }
}
