import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { GatewayError } from "./errors.ts";
import { type JsonDocument, parseJsonDocument } from "./json_document.ts";
import { parseLargeJson } from "./parse_large_json.ts";

const encoder = new TextEncoder();
const LONG = 1_200_000;

function inSlices(text: string | Uint8Array): Promise<JsonDocument> {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  return parseLargeJson(bytes, { pause: () => Promise.resolve() });
}

/** Checks that the slices make no difference, be it a document or a refusal. */
async function checkSame(text: string | Uint8Array): Promise<void> {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  let whole: JsonDocument;
  try {
    whole = parseJsonDocument(bytes);
  } catch (error) {
    assert(error instanceof GatewayError);
    const refusal = await assertRejects(() => inSlices(bytes), GatewayError);
    return assertEquals(refusal.message, error.message);
  }
  assertEquals(await inSlices(bytes), whole);
}

/** A request with a long list of the given items. */
function request(...items: string[]): string {
  const long = JSON.stringify(`é"\\n世${"x".repeat(LONG)}`);
  return `{"model":"m", "messages" : [${[...items, long]}] ,"n":1}`;
}

Deno.test("L11: a large body read in slices is what it is in one piece", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.json(), { maxLength: 5 }),
      (items) => checkSame(request(...items)),
    ),
    { numRuns: 20 },
  );
});

Deno.test("L11: a fault in a large body is told as in a small one", async () => {
  const cut = request("1").slice(0, -9);
  const texts = [
    cut,
    request("1", ""),
    request("[1}", "{2]"),
    request("1 2"),
    request("{'a':1}"),
    request('"\u0001"'),
    request("]", "["),
    `${request("1")}]`,
    `[${request("1")}]`,
    request("[".repeat(300) + "]".repeat(300)),
    request(...Array.from({ length: 50_001 }, () => '{"a":1}')),
    `{"messages":[${" ".repeat(LONG)}]}`,
    `{"messages":[${" ".repeat(LONG)},]}`,
    `{"messages":"${"x".repeat(LONG)}`,
    `{"\\u0]5f":["${"x".repeat(LONG)}"]}`,
    `{"messages":["${"x".repeat(LONG)}"],"\\q":1}`,
  ];
  for (const text of texts) await checkSame(text);
});

Deno.test("L11: odd names and names that come twice are read as in a small body", async () => {
  const list = `["${"x".repeat(LONG)}"]`;
  await checkSame(`{"a":1,"a":${list},"a":[2]}`);
  await checkSame(`{"__proto__":${list},"b":2}`);
  await checkSame(String.raw`{"\u0061":${list},"c":{"b\n":1}}`);
  await checkSame(`{"a":${list},"constructor":{"__proto__":[1]}}`);
  const { value } = await inSlices(`{"__proto__":${list}}`);
  assertEquals(Object.keys(value), ["__proto__"]);
});

Deno.test("L11: letters that a slice cuts are whole, and what is no UTF-8 is refused", async () => {
  const text = request(`"${"世界🙂".repeat(500_000)}"`);
  await checkSame(text);
  await checkSame(`\ufeff${text}`);
  await checkSame(request('"\ufffd"'));
  const broken = encoder.encode(text);
  broken.fill(0xff, 4_000_000, 4_000_001);
  await checkSame(broken);
  assertThrows(
    () => parseJsonDocument(broken),
    GatewayError,
    "not valid UTF-8",
  );
});

Deno.test("L11: a byte order mark that begins a slice is a letter like others", async () => {
  const slice = 4 * 1024 * 1024;
  const head = `{"input":"`;
  const text = `${head}${"x".repeat(slice - head.length)}\ufeffy"}`;
  await checkSame(text);
  await checkSame(`\ufeff\ufeff${text}`);
  await checkSame(`{"n":1}${" ".repeat(slice - 7)}\ufeff`);
});

Deno.test("L11: others have their turn while a large body is read", async () => {
  const items = Array.from({ length: 8 }, () => `"${"x".repeat(LONG)}"`);
  let pauses = 0;
  await parseLargeJson(encoder.encode(request(...items)), {
    pause: () => Promise.resolve(void pauses++),
  });
  assert(pauses >= 6, `${pauses} pauses`);
});

Deno.test("parseLargeJson() ends with its pauses", async () => {
  const left = new Error("left");
  const bytes = encoder.encode(request("1"));
  const reading = parseLargeJson(bytes, { pause: () => Promise.reject(left) });
  assertEquals(await reading.catch((error) => error), left);
});
