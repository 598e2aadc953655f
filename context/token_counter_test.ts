import { assert, assertEquals } from "@std/assert";
import { cutWords } from "./_cut_words.ts";
import { TokenCounter } from "./token_counter.ts";

const HELLO = { messages: [{ role: "user", content: "hello world" }] };

Deno.test("TokenCounter counts text for OpenAI's models exactly, and estimates the rest", async () => {
  const counter = new TokenCounter({ timeoutMs: 30_000 });
  try {
    assertEquals(counter.isLoaded, false);
    // Two words, a frame, and what comes before the answer.
    assertEquals(await counter.count(HELLO, "openai/gpt-4o"), {
      tokens: 2 + 4 + 3,
      exact: true,
    });
    assertEquals(counter.isLoaded, true);
    const special = { messages: [{ role: "user", content: "<|endoftext|>" }] };
    assertEquals((await counter.count(special, "gpt-5")).exact, true);
    assertEquals(await counter.count(HELLO, "gpt-4"), {
      tokens: 9,
      exact: true,
    });
    assertEquals((await counter.count(HELLO, "claude-x")).exact, false);
    const picture = {
      messages: [{ role: "user", content: [{ type: "image_url" }] }],
    };
    assertEquals((await counter.count(picture, "gpt-4o")).exact, false);
  } finally {
    counter.close();
  }
  assertEquals(counter.isLoaded, false);
});

Deno.test("L11: TokenCounter gives up on what takes too long, and answers with an estimate", async () => {
  const counter = new TokenCounter({ timeoutMs: 1 });
  try {
    const content = "ab".repeat(2_000_000);
    const { tokens, exact } = await counter.count(
      { messages: [{ role: "user", content }] },
      "gpt-4o",
    );
    assertEquals(exact, false);
    assert(tokens > 100_000);
  } finally {
    counter.close();
  }
});

Deno.test("L11: TokenCounter counts a word without an end within its time", async () => {
  const counter = new TokenCounter({ timeoutMs: 60_000 });
  try {
    await counter.count(HELLO, "gpt-4o");
    const start = performance.now();
    const { tokens, exact } = await counter.count(
      { messages: [{ role: "user", content: "a".repeat(100_000) }] },
      "gpt-4o",
    );
    assertEquals(exact, true);
    // Eight letters a token: the encoding itself gives 12,500.
    assert(tokens >= 12_500 && tokens < 13_500, String(tokens));
    // Uncut it takes ten seconds and more.
    assert(performance.now() - start < 5_000);
  } finally {
    counter.close();
  }
});

Deno.test("TokenCounter refuses to queue without bounds", async () => {
  const counter = new TokenCounter({ maxPending: 2, timeoutMs: 30_000 });
  try {
    const counts = await Promise.all(
      Array.from({ length: 5 }, () => counter.count(HELLO, "gpt-4o")),
    );
    assertEquals(counts.filter(({ exact }) => exact).length, 2);
  } finally {
    counter.close();
  }
});

Deno.test("cutWords() loses nothing, keeps characters whole, and bounds runs", () => {
  const texts = [
    "",
    "plain words, and 12345 numbers",
    "x".repeat(1_000),
    " ".repeat(1_000) + "end",
    "😀".repeat(500),
    "word ".repeat(5_000),
  ];
  for (const text of texts) {
    const pieces = [...cutWords(text, 4_096)];
    assertEquals(pieces.join(""), text);
    for (const piece of pieces) {
      assert(piece.length <= 4_096);
      assert(!/^[\udc00-\udfff]/.test(piece), "a half of a character");
      assert(!/x{257}| {258}/.test(piece), "a run without an end");
    }
  }
});
