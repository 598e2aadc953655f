import { assert, assertEquals, assertThrows } from "@std/assert";
import { GatewayError } from "./errors.ts";
import { formBoundary, MultipartScanner } from "./multipart_scanner.ts";

const encoder = new TextEncoder();

function part(name: string, value: string, more = ""): string {
  return `--b0\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
}

const FORM = part(
  "file",
  "\r\n--b not a boundary\r\n--",
  '; filename="a; name=\\"model\\""\r\nContent-Type: audio/wav',
) +
  part("model", "a/b") + part("prompt", "") + "--b0--\r\nepilogue";

function scan(form: string, step = form.length): MultipartScanner {
  const scanner = new MultipartScanner({
    boundary: "b0",
    fields: ["model", "prompt"],
  });
  const bytes = encoder.encode(form);
  for (let at = 0; at < bytes.length; at += step) {
    scanner.push(bytes.subarray(at, at + step));
  }
  return scanner;
}

Deno.test("MultipartScanner finds fields and their places however a form is cut", () => {
  for (const step of [1, 2, 3, 7, 50, 1000]) {
    const scanner = scan(FORM, step);
    const model = scanner.field("model");
    assertEquals(model?.value, "a/b");
    assertEquals(FORM.slice(model?.start, model?.end), "a/b");
    assertEquals(scanner.field("prompt")?.value, "");
    assert(scanner.done);
  }
});

Deno.test("MultipartScanner refuses a field that comes twice, since readers differ in which counts", () => {
  const error = assertThrows(
    () => scan(part("model", "a") + part("model", "b") + "--b0--"),
    GatewayError,
  );
  assertEquals([error.code, error.param], ["invalid_form", "model"]);
});

Deno.test("MultipartScanner holds no more than its bounds", () => {
  assertThrows(() => scan(part("model", "x".repeat(70_000))), GatewayError);
  assertThrows(
    () => scan(`--b0\r\nx: ${"y".repeat(20_000)}`, 1000),
    GatewayError,
  );
  assertThrows(() => scan("--b0 odd\r\n\r\n"), GatewayError);
  scan(part("file", "x".repeat(1_000_000)), 65_536);
});

Deno.test("formBoundary() reads what a content type tells", () => {
  assertEquals(formBoundary("multipart/form-data; boundary=x--1"), "x--1");
  assertEquals(
    formBoundary('Multipart/Form-Data; charset=utf-8; boundary="a\\"b"'),
    'a"b',
  );
  for (const type of [undefined, "multipart/form-data", "text/plain"]) {
    assertEquals(formBoundary(type), undefined);
  }
});
