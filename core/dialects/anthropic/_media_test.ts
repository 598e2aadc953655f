import { assertEquals, assertThrows } from "@std/assert";
import type { FilePart, Part } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { encode, user } from "./_test_encode.ts";

function block(part: Part): unknown {
  const { body } = encode({ messages: [user([part])] });
  return (body.messages as { content: unknown[] }[])[0]?.content[0];
}

Deno.test("A32, O10: an image by value is base64 with its media type", () => {
  assertEquals(block({ type: "image", data: "aGk=", mediaType: "image/jpg" }), {
    type: "image",
    source: { type: "base64", media_type: "image/jpeg", data: "aGk=" },
  });
});

Deno.test("A32, O10: an image by address is a URL source", () => {
  assertEquals(block({ type: "image", url: "https://x.test/a.png" }), {
    type: "image",
    source: { type: "url", url: "https://x.test/a.png" },
  });
});

Deno.test("A32: addresses other than https are refused", () => {
  for (const url of ["http://x.test/a", "file:///etc/passwd", "", "gs://b/o"]) {
    for (const type of ["image", "file"] as const) {
      const error = assertThrows(() => block({ type, url }), GatewayError);
      assertEquals([error.status, error.param], [
        400,
        "messages[0].content[0]",
      ]);
    }
  }
});

Deno.test("A32: a wish for detail is reported, unless it is left to the provider", () => {
  const url = "https://x.test/a.png";
  const losses = (detail: "auto" | "low") =>
    encode({ messages: [user([{ type: "image", url, detail }])] }).losses;
  assertEquals(losses("auto"), []);
  assertEquals(losses("low"), [
    "dropped: messages[0].content[0].image_url.detail (anthropic)",
  ]);
});

Deno.test("O10: documents by value, by address and of the provider's store", () => {
  assertEquals(
    block({
      type: "file",
      data: "aGk=",
      mediaType: "application/pdf",
      filename: "a.pdf",
    }),
    {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: "aGk=" },
      title: "a.pdf",
    },
  );
  assertEquals(block({ type: "file", url: "https://x.test/a.pdf" }), {
    type: "document",
    source: { type: "url", url: "https://x.test/a.pdf" },
  });
  assertEquals(block({ type: "file", fileId: "file_1" }), {
    type: "document",
    source: { type: "file", file_id: "file_1" },
  });
});

Deno.test("O10: a file of the provider's store switches its beta on", () => {
  const part: Part = { type: "file", fileId: "file_1" };
  const { headers } = encode({ messages: [user([part])] });
  assertEquals(headers, {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "files-api-2025-04-14",
  });
});

Deno.test("O10: a text file is sent as text, an image file as image", () => {
  assertEquals(
    block({ type: "file", data: "w6TDtg==", mediaType: "text/markdown" }),
    {
      type: "document",
      source: { type: "text", media_type: "text/plain", data: "äö" },
    },
  );
  assertEquals(block({ type: "file", data: "aGk=", mediaType: "image/png" }), {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: "aGk=" },
  });
});

Deno.test("O10: other files are refused, broken text files too", () => {
  for (
    const [mediaType, data] of [
      ["application/zip", "aGk="],
      ["text/plain", "!!!"],
      ["text/plain", "/w=="],
    ] as const
  ) {
    const error = assertThrows(
      () => block({ type: "file", mediaType, data }),
      GatewayError,
    );
    assertEquals([error.status, error.param], [400, "messages[0].content[0]"]);
  }
});

Deno.test("O10: what a file loses on its way is reported", () => {
  const losses = (part: Omit<FilePart, "type">) =>
    encode({ messages: [user([{ type: "file", ...part }])] }).losses;
  const filename = "a.x";
  assertEquals(losses({ data: "aGk=", mediaType: "image/png", filename }), [
    "dropped: messages[0].content[0].file.filename (an image)",
  ]);
  assertEquals(losses({ data: "aGk=", mediaType: "text/csv", filename }), [
    "changed: messages[0].content[0].file.file_data (text/csv sent as text/plain)",
  ]);
  for (const mediaType of ["text/plain", "application/pdf"]) {
    assertEquals(losses({ data: "aGk=", mediaType, filename }), []);
  }
});
