/**
 * A tool loop with thought of each SDK begins at one provider and goes on at
 * another, since the first one fails in the middle of it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { speakersFor } from "./_cloud_speakers.ts";
import { LOOP_CLIENTS } from "./_loop_clients.ts";
import {
  LAST_WORDS,
  PARAMETERS,
  proofOf,
  TOLD,
  withLoop,
} from "./_loop_route.ts";

for (const [name, run] of Object.entries(LOOP_CLIENTS)) {
  const speakers = speakersFor(name);
  Deno.test(`C12, D9, J6: ${name} clients go on with another provider in the middle of a loop`, async () => {
    for (const [index, first] of speakers.entries()) {
      // By turns whole, with the next one behind it, and streamed, with the one after that.
      const stream = index % 2 === 1;
      const step = stream ? 2 : 1;
      const second = speakers[(index + step) % speakers.length]!;
      const where = `${first.name} -> ${second.name}`;
      await withLoop([first, second], async ({ url, last, isDown }) => {
        const answer = await run({
          url,
          model: "both",
          stream,
          question: "How warm is it in Rome?",
          tools: [{
            name: "weather",
            parameters: PARAMETERS,
            run(): string {
              isDown.add("p0");
              return TOLD;
            },
          }],
        });
        assertEquals(answer, LAST_WORDS, where);
        const { text } = last("p1");
        assertEquals(text.split(TOLD).length, 3, where);
        const isKin = first.family !== undefined &&
          first.family === second.family;
        assert(isKin || !text.includes(proofOf("p0")), `${where}: ${text}`);
      });
    }
  });
}
