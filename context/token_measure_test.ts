import { assert, assertEquals, assertLess } from "@std/assert";
import { measureContent, measureRequest } from "./token_measure.ts";

/** A PNG's head: width and height are all that is read. */
function png(width: number, height: number): string {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x89504e47);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return btoa(String.fromCharCode(...bytes));
}

/** A JPEG's head with a thumbnail before the frame. */
function jpeg(width: number, height: number): string {
  const bytes = new Uint8Array(2_100);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xffd8ffe1);
  view.setUint16(4, 2_000);
  view.setUint16(2_004, 0xffc2);
  view.setUint16(2_009, height);
  view.setUint16(2_011, width);
  return btoa(String.fromCharCode(...bytes));
}

Deno.test("measureRequest() tells the kinds of characters apart", () => {
  const { letters, digits, marks, latin, alphabetic, wide, frames } =
    measureRequest({
      messages: [
        { role: "system", content: "ab 12" },
        { role: "user", content: [{ type: "text", text: "é Привет 你好!" }] },
      ],
    });
  assertEquals({ letters, digits, marks, latin, alphabetic, wide, frames }, {
    letters: 5,
    digits: 2,
    marks: 1,
    latin: 1,
    alphabetic: 6,
    wide: 2,
    frames: 2,
  });
});

Deno.test("measureRequest() finds the same in each dialect's words", () => {
  const image = png(800, 600);
  const requests = [
    {
      messages: [{
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          {
            type: "image_url",
            image_url: { url: `data:image/png;base64,${image}` },
          },
        ],
      }],
    },
    {
      messages: [{
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          {
            type: "image",
            source: { type: "base64", media_type: "image/png", data: image },
          },
        ],
      }],
    },
    {
      input: [{
        role: "user",
        content: [
          { type: "input_text", text: "What is this?" },
          {
            type: "input_image",
            image_url: `data:image/png;base64,${image}`,
          },
        ],
      }],
    },
    {
      contents: [{
        role: "user",
        parts: [
          { text: "What is this?" },
          { inlineData: { mimeType: "image/png", data: image } },
        ],
      }],
    },
    {
      messages: [{
        role: "user",
        parts: [
          { type: "text", text: "What is this?" },
          { type: "image", mediaType: "image/png", data: image },
        ],
      }],
    },
  ];
  for (const request of requests) {
    const { letters, marks, frames, images } = measureRequest(request);
    assertEquals({ letters, marks, frames, images }, {
      letters: 12,
      marks: 1,
      frames: 1,
      images: [{ width: 800, height: 600, isLow: false }],
    }, JSON.stringify(request).slice(0, 80));
  }
});

Deno.test("measureRequest() counts tools, calls and results, and no ids or signatures", () => {
  const parameters = { type: "object", properties: { place: {} } };
  const measure = measureRequest({
    tools: [{ type: "function", function: { name: "look", parameters } }],
    messages: [
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "s".repeat(999) },
          {
            type: "tool_use",
            id: "x".repeat(99),
            name: "look",
            input: { a: 1 },
          },
        ],
      },
      { role: "tool", tool_call_id: "y".repeat(99), content: "rain" },
    ],
  });
  assertEquals(measure.tools, 1);
  assertEquals(measure.frames, 3);
  assertLess(measure.letters, 100);
});

Deno.test("measureContent() reads the sizes of JPEG, GIF and WebP pictures, and survives what is none", () => {
  const sizeOf = (data: string): number[] => {
    const [image] = measureContent({ type: "image", data }).images;
    return [image?.width ?? -1, image?.height ?? -1];
  };
  assertEquals(sizeOf(jpeg(640, 480)), [640, 480]);
  const gif = new Uint8Array(40);
  gif.set([0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 32, 0, 16, 0]);
  assertEquals(sizeOf(btoa(String.fromCharCode(...gif))), [32, 16]);
  const webp = new Uint8Array(40);
  webp.set(new TextEncoder().encode("RIFF----WEBPVP8X"));
  webp.set([99, 0, 0, 49, 0, 0], 24);
  assertEquals(sizeOf(btoa(String.fromCharCode(...webp))), [100, 50]);
  for (const odd of ["", "!", "AAAA", "A".repeat(999), png(0, 5)]) {
    assertEquals(sizeOf(odd), [0, 0]);
  }
});

Deno.test("measureContent() looks at long texts in places, and comes to the same", () => {
  const piece = "The price of 12 apples is 4.50 €, or 你好. ";
  const short = measureContent(piece);
  const long = measureContent(piece.repeat(20_000));
  for (const kind of ["letters", "digits", "marks", "wide"] as const) {
    const share = long[kind] / short[kind] / 20_000;
    assert(share > 0.9 && share < 1.1, `${kind}: ${share}`);
  }
});

Deno.test("measureRequest() survives hostile shapes", () => {
  let deep: unknown = "x";
  for (let i = 0; i < 5_000; i++) deep = { content: [deep] };
  const odd = { messages: [null, 1, [], deep, { type: "image" }], tools: 7 };
  assertEquals(measureRequest(odd).images.length, 1);
});
