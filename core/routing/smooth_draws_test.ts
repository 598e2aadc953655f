import { assert, assertEquals } from "@std/assert";
import { SmoothDraws } from "./smooth_draws.ts";

Deno.test("SmoothDraws.next() spreads evenly: a tenth in each tenth, again and again", () => {
  const draws = new SmoothDraws();
  const route = {};
  for (let block = 0; block < 20; block++) {
    const tenths = new Array<number>(10).fill(0);
    for (let count = 0; count < 100; count++) {
      const number = draws.next(route);
      assert(number >= 0 && number < 1);
      const tenth = Math.floor(number * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) assert(count >= 8 && count <= 12, `${tenths}`);
  }
});

Deno.test("SmoothDraws.peek() gives the next number and takes nothing", () => {
  const draws = new SmoothDraws();
  const route = {};
  for (let count = 0; count < 10; count++) {
    const seen = draws.peek(route);
    assertEquals(draws.peek(route), seen);
    assertEquals(draws.next(route), seen);
  }
});

Deno.test("SmoothDraws keeps one subject's numbers apart from another's", () => {
  const mixed = new SmoothDraws({ random: () => 0.5 });
  const alone = new SmoothDraws({ random: () => 0.5 });
  const [one, two] = [{}, {}];
  for (let count = 0; count < 20; count++) {
    assertEquals(mixed.next(one), alone.next(one));
    if (count % 3 === 0) mixed.next(two);
  }
});
