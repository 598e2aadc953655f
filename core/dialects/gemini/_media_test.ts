import { assertEquals, assertThrows } from "@std/assert";
import type { Part } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { encode, user } from "./_test_encode.ts";

function part(value: Part): unknown {
  const { body } = encode({ messages: [user([value])] });
  return (body.contents as { parts: unknown[] }[])[0]!.parts[0];
}

Deno.test("A32, O10: pictures by value and by address", () => {
  assertEquals(
    part({ type: "image", data: "AA==", mediaType: "image/webp" }),
    { inlineData: { mimeType: "image/webp", data: "AA==" } } as unknown,
  );
  assertEquals(
    part({ type: "image", data: "AA==", mediaType: "image/jpg" }),
    { inlineData: { mimeType: "image/jpeg", data: "AA==" } } as unknown,
  );
  const url = "https://example.com/a.PNG?size=1.5";
  assertEquals(
    part({ type: "image", url }),
    { fileData: { mimeType: "image/png", fileUri: url } } as unknown,
  );
});

Deno.test("A32: documents by value, by address and by the provider's own id", () => {
  assertEquals(
    part({ type: "file", data: "AA==" }),
    { inlineData: { mimeType: "application/pdf", data: "AA==" } } as unknown,
  );
  assertEquals(
    part({ type: "file", url: "gs://bucket/notes.txt" }),
    {
      fileData: { mimeType: "text/plain", fileUri: "gs://bucket/notes.txt" },
    } as unknown,
  );
  assertEquals(
    part({ type: "file", fileId: "files/abc", mediaType: "video/mp4" }),
    {
      fileData: {
        mimeType: "video/mp4",
        fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc",
      },
    } as unknown,
  );
});

Deno.test("A32: sound by value", () => {
  assertEquals(
    part({ type: "audio", data: "AA==", format: "WAV" }),
    { inlineData: { mimeType: "audio/wav", data: "AA==" } } as unknown,
  );
});

Deno.test("A32: addresses that only the caller can reach are refused", () => {
  for (const url of ["http://example.com/a.png", "file:///etc/passwd", "a"]) {
    const error = assertThrows(
      () => part({ type: "image", url }),
      GatewayError,
    );
    assertEquals([error.status, error.param], [400, "messages[0].content[0]"]);
  }
  assertThrows(() => part({ type: "file", fileId: "file-abc" }), GatewayError);
});

Deno.test("A25: detail and file names are lost, and told", () => {
  const { losses } = encode({
    messages: [user([
      { type: "image", data: "AA==", detail: "high" },
      { type: "image", data: "AA==", detail: "auto" },
      { type: "file", data: "AA==", filename: "a.pdf" },
    ])],
  });
  assertEquals(losses, [
    "dropped: messages[0].content[0].image_url.detail (gemini)",
    "dropped: messages[0].content[2].file.filename (gemini)",
  ]);
});
