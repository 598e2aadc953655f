import { assertEquals } from "@std/assert";
import { assertRefused, decode } from "./_test_client_decode.ts";
import { encode } from "./_test_encode.ts";

function read(...content: unknown[]) {
  const { messages, unmapped } = decode({
    messages: [{ role: "user", content }],
  });
  return { parts: messages[0]?.parts, unmapped, messages };
}

const image = (source: object) => ({ type: "image", source });
const file = (source: object, more: object = {}) => ({
  type: "document",
  source,
  ...more,
});

Deno.test("A32, O10: images by value, address and file id are read and written alike", () => {
  const blocks = [
    image({ type: "base64", media_type: "image/webp", data: "aGk=" }),
    image({ type: "url", url: "https://example.com/a.png" }),
    image({ type: "file", file_id: "file_1" }),
  ];
  const { parts, messages } = read(...blocks);
  assertEquals(parts, [
    { type: "image", data: "aGk=", mediaType: "image/webp" },
    { type: "image", url: "https://example.com/a.png" },
    { type: "file", fileId: "file_1", mediaType: "image/*" },
  ]);
  assertEquals(encode({ messages }).body.messages as unknown, [{
    role: "user",
    content: blocks,
  }]);
});

Deno.test("O10: documents are read and written alike", () => {
  const blocks = [
    file({ type: "base64", media_type: "application/pdf", data: "JVBERi0=" }, {
      title: "a.pdf",
    }),
    file({ type: "text", media_type: "text/plain", data: "plain é" }),
    file({ type: "url", url: "https://example.com/a.pdf" }),
    file({ type: "file", file_id: "file_1" }),
  ];
  const { messages, unmapped } = read(...blocks);
  assertEquals(unmapped, []);
  assertEquals(encode({ messages }).body.messages as unknown, [{
    role: "user",
    content: blocks,
  }]);
});

Deno.test("documents in pieces and search results become what they hold", () => {
  const { parts, unmapped } = read(
    file({
      type: "content",
      content: [
        { type: "text", text: "a" },
        image({ type: "base64", media_type: "image/png", data: "aGk=" }),
      ],
    }, {
      title: "t",
      context: "c",
      citations: { enabled: true },
      cache_control: { type: "ephemeral" },
    }),
    file({ type: "content", content: "b" }),
    {
      type: "search_result",
      title: "T",
      source: "https://x",
      content: [{ type: "text", text: "said" }],
    },
  );
  assertEquals(parts, [
    { type: "text", text: "a" },
    { type: "image", data: "aGk=", mediaType: "image/png", cacheControl: {} },
    { type: "file", data: "Yg==", mediaType: "text/plain" },
    { type: "text", text: "T\nhttps://x\nsaid" },
  ]);
  assertEquals(unmapped, [
    "messages[0].content[0].context",
    "messages[0].content[0].citations",
    "messages[0].content[0].title",
  ]);
});

Deno.test("K17: a source that is none is refused by name", () => {
  const at = "messages[0].content[0].source";
  const cases = [
    [image({ type: "url", url: "http://x" }), `${at}.url`, "invalid_value"],
    [image({ type: "ftp" }), `${at}.type`, "invalid_value"],
    [image({ type: "file" }), `${at}.file_id`, "missing_required_parameter"],
    [
      image({ type: "base64", media_type: "text/plain", data: "x" }),
      `${at}.media_type`,
      "invalid_value",
    ],
    [{ type: "image" }, at, "missing_required_parameter"],
    [
      file({ type: "content", content: [] }),
      `${at}.content`,
      "missing_required_parameter",
    ],
  ] as const;
  for (const [block, param, code] of cases) {
    assertRefused({ messages: [{ role: "user", content: [block] }] }, {
      param,
      code,
    });
  }
});
