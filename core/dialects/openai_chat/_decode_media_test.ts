import { assert, assertEquals } from "@std/assert";
import { assertRefused, decode, lastParts } from "./_test_decode.ts";

function part(content: unknown): Record<string, unknown> {
  return { messages: [{ role: "user", content: [content] }] };
}

function first(content: unknown): unknown {
  return lastParts({ role: "user", content: [content] })[0];
}

Deno.test("A32: a data URL becomes base64 and media type", () => {
  const url = "data:IMAGE/png;base64,aGk=";
  assertEquals(
    first({ type: "image_url", image_url: { url, detail: "low" } }),
    { type: "image", data: "aGk=", mediaType: "image/png", detail: "low" },
  );
});

Deno.test("A32: an https URL stays an address", () => {
  const url = "https://x.test/a.png?b=1";
  assertEquals(first({ type: "image_url", image_url: { url } }), {
    type: "image",
    url,
  });
});

Deno.test("A32: other addresses and broken data URLs are refused", () => {
  for (
    const url of [
      "http://x.test/a.png",
      "file:///etc/passwd",
      "gs://bucket/a.png",
      "a.png",
      "https://",
      "https://x.test/" + "a".repeat(9000),
      "data:image/png,hi",
      "data:image/png;base64",
      "data:image/png;base64,",
      "data:;base64,aGk=",
      "data:text/plain;base64,aGk=",
      "data:image/png" + ";a=b".repeat(200) + ";base64,aGk=",
    ]
  ) {
    assertRefused(part({ type: "image_url", image_url: { url } }), {
      param: "messages[0].content[0].image_url.url",
      code: "invalid_value",
    });
  }
  assertRefused(part({ type: "image_url", image_url: "https://x.test/a" }), {
    param: "messages[0].content[0].image_url",
    code: "invalid_type",
  });
});

Deno.test("A32: a detail without a word is approximated and named", () => {
  const image = { url: "https://x.test/a", detail: "original" };
  const { messages, unmapped } = decode(
    part({ type: "image_url", image_url: image }),
  );
  assertEquals(messages[0]?.parts, [
    { type: "image", url: "https://x.test/a", detail: "high" },
  ]);
  assertEquals(unmapped, ["messages[0].content[0].image_url.detail"]);
});

Deno.test("decodeChatRequest() reads sound", () => {
  assertEquals(
    first({
      type: "input_audio",
      input_audio: { data: "aGk=", format: "wav" },
    }),
    { type: "audio", data: "aGk=", format: "wav" },
  );
  assertRefused(part({ type: "input_audio", input_audio: { format: "wav" } }), {
    param: "messages[0].content[0].input_audio.data",
    code: "missing_required_parameter",
  });
});

Deno.test("decodeChatRequest() reads files by value, id and address", () => {
  assertEquals(first({ type: "file", file: { file_id: "file-1" } }), {
    type: "file",
    fileId: "file-1",
  });
  assertEquals(
    first({
      type: "file",
      file: { file_data: "data:text/csv;base64,aGk=", filename: "a.csv" },
    }),
    {
      type: "file",
      data: "aGk=",
      mediaType: "text/csv",
      filename: "a.csv",
    },
  );
  assertEquals(
    first({ type: "file", file: { file_data: "https://x.test/a.pdf" } }),
    { type: "file", url: "https://x.test/a.pdf" },
  );
  const pdf = btoa("%PDF-1.7");
  assertEquals(first({ type: "file", file: { file_data: pdf } }), {
    type: "file",
    data: pdf,
    mediaType: "application/pdf",
  });
});

Deno.test("decodeChatRequest() refuses a file that does not show its type", () => {
  const message = assertRefused(
    part({ type: "file", file: { file_data: "aGk=" } }),
    {
      param: "messages[0].content[0].file.file_data",
      code: "invalid_value",
    },
  );
  assert(message.includes("data URL"));
  assertRefused(part({ type: "file", file: {} }), {
    param: "messages[0].content[0].file.file_data",
    code: "missing_required_parameter",
  });
});

Deno.test("A25: unknown members of images and files are named", () => {
  const url = "https://x.test/a";
  const content = [
    { type: "image_url", image_url: { url, format: "png" } },
    { type: "file", file: { file_data: url, format: "pdf" } },
  ];
  assertEquals(decode({ messages: [{ role: "user", content }] }).unmapped, [
    "messages[0].content[0].image_url.format",
    "messages[0].content[1].file.format",
  ]);
});
