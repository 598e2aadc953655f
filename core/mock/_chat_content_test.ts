import { assertEquals, assertThrows } from "@std/assert";
import { ApiError } from "./_api_error.ts";
import { contentChars, textOf } from "./_chat_content.ts";

Deno.test("contentChars() counts texts and nothing else", () => {
  const content = [
    { type: "text", text: "abc" },
    { type: "image_url", image_url: { url: "https://example.com/" } },
    { type: "text", text: "de" },
  ];
  assertEquals(contentChars({ role: "user", content }, "m"), 5);
  assertEquals(contentChars({ role: "user", content: "abc" }, "m"), 3);
  assertEquals(contentChars({ role: "assistant", content: null }, "m"), 0);
});

Deno.test("contentChars() names the part at fault", () => {
  const wrong: [unknown, string][] = [
    [null, "'m.content'"],
    [7, "'m.content'"],
    [[null], "'m.content[0]'"],
    [[{ type: "text", text: "a" }, { type: "video" }], "'m.content[1].type'"],
    [[{ type: "text" }], "'m.content[0].text'"],
  ];
  for (const [content, at] of wrong) {
    assertThrows(
      () => contentChars({ role: "user", content }, "m"),
      ApiError,
      at,
    );
  }
});

Deno.test("textOf() joins the text parts", () => {
  assertEquals(
    textOf([{ type: "text", text: "a" }, { type: "file" }, {
      type: "text",
      text: "b",
    }]),
    "ab",
  );
  assertEquals(textOf(undefined), "");
});
