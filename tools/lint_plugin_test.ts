import { assertEquals } from "@std/assert";
import plugin from "./lint_plugin.ts";

interface Case {
  readonly bad: readonly string[];
  readonly good: readonly string[];
  /** The file the code is said to stand in. @default {"core/some_file.ts"} */
  readonly file?: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "camel-case-names": {
    bad: [
      "const snake_name = 1;",
      "let SHOUTED = 1;",
      "function f() { const SHOUTED = 1; }",
      "function snake_name() {}",
      "function f(snake_name: string) {}",
      "function f({ max_tokens }: Options) {}",
      "const { max_tokens } = options;",
      "const [first_one] = list;",
      "const f = (...snake_rest: string[]) => 1;",
      "const f = function (snake_name = 1) {};",
      "class C { constructor(readonly snake_name: string) {} }",
      "try {} catch (some_error) {}",
      "class snake {}",
      "interface lower {}",
      "type Snake_Name = string;",
      "enum lower {}",
      "type Box<item> = item[];",
    ],
    good: [
      "const camelName = 1, $dollar = 2, _spare = 3;",
      "const MAX_LINES = 1; export const TTL = 2;",
      "const { max_tokens: maxTokens } = options;",
      "const wire = { max_tokens: 1, 'Content-Type': 2 };",
      "interface Wire { max_tokens: number }",
      "class Wire { max_tokens = 1; snake_method() {} }",
      "import { snake_name } from './other.ts';",
      "function f(_unused: string, [a, b] = [1, 2]) {}",
      "type Box<Item> = Item[]; class HTTPClient {}",
    ],
  },
  "error-message-shape": {
    bad: [
      "throw new Error('cannot read');",
      "throw new TypeError(`cannot read ${name}`);",
      "throw new RangeError('Cannot read.');",
      "throw new RangeError(`Cannot read ${name}.`);",
      "throw new GatewayError('not_found', 'model is unknown', { code });",
      "throw new GatewayError('not_found', 'Model is unknown.', { code });",
      "throw new Error('cannot read ' + name);",
    ],
    good: [
      "throw new Error('Cannot read');",
      "throw new Error(`'${name}' is unknown`);",
      "throw new Error(`${name} is unknown`);",
      "throw new Error('Cannot read ' + name);",
      "throw new Error(message, { cause: 'x' });",
      "throw new GatewayError('not_found', `Model '${id}' is unknown`, { code });",
      "throw new Error('Cannot read: there is more...');",
      "throw new Error();",
      "new DOMException('aborted.', 'AbortError'); new Something('x.');",
    ],
  },
  "max-lines": {
    bad: ["x;\n".repeat(301)],
    good: ["x;\n".repeat(300)],
  },
  "max-required-params": {
    bad: [
      "export function f(a: A, b: B, c: C): void {}",
      "function f(a: A, b: B, c: C): void {} export { f };",
    ],
    good: [
      "export function f(a: A, b: B, c?: C): void {}",
      "export function f(a: A, b: B, c = 1): void {}",
      "export function f(a: A, b: B, ...c: C[]): void {}",
      "export function f(this: T, a: A, b: B): void {}",
      "function f(a: A, b: B, c: C): void {}",
      "export class C { method(a: A, b: B, c: C): void {} }",
    ],
  },
  "ignore-says-why": {
    bad: [
      "// deno-lint-ignore no-console\nconsole.log(1);",
      "// deno-lint-ignore-file no-console\nx;",
      "// deno-lint-ignore no-console --\nconsole.log(1);",
    ],
    good: [
      "// deno-lint-ignore no-console -- a program's own output\nconsole.log(1);",
      "// Says deno-lint-ignore elsewhere.\nx;",
    ],
  },
  "no-default-export": {
    bad: ["export default 1;", "const a = 1; export { a as default };"],
    good: ["export const a = 1;", "export { default as a } from './a.ts';"],
  },
  "no-export-star": {
    bad: ["export * from './a.ts';", "export * as a from './a.ts';"],
    good: ["export { a } from './a.ts';", "import * as a from './a.ts';"],
  },
  "no-top-level-exported-arrow": {
    bad: [
      "export const f = () => 1;",
      "export const f = function () {};",
      "const f = async () => 1; export { f };",
    ],
    good: [
      "export function f() {}",
      "const f = () => 1;",
      "export const a = 1, b = list.map((x) => x);",
      "function g() { const f = () => 1; } const f = 2; export { f };",
    ],
  },
  "no-unfinished-comment": {
    bad: ["// TODO: more\nx;", "/** FIXME */\nx;", "x; // HACK"],
    good: ["// What is to do comes first.\nx;", "const TODO = 'TODO';"],
  },
  "private-hash": {
    bad: [
      "class C { private x = 1; }",
      "class C { protected f() {} }",
      "class C { constructor(private readonly x: string) {} }",
      "abstract class C { protected abstract f(): void; }",
      "const s = '\u{1f980}é'; class C { constructor(private x: string) {} }",
    ],
    good: [
      "class C { #x = 1; readonly y = 2; #f() {} public z = 3; }",
      "class C { private = 1; protected() {} }",
    ],
  },
  "readonly-options": {
    bad: [
      "interface ReadOptions { limit: number }",
      "export interface ReadOptions { readonly a: 1; limit?: number }",
    ],
    good: [
      "interface ReadOptions { readonly limit: number; read(): void }",
      "interface State { count: number }",
    ],
  },
};

function found(rule: string, file: string, code: string): string[] {
  return Deno.lint.runPlugin(plugin, file, code)
    .map(({ id }) => id)
    .filter((id) => id === `house/${rule}`);
}

for (
  const [rule, { bad, good, file = "core/some_file.ts" }] of Object.entries(
    CASES,
  )
) {
  Deno.test(`house/${rule} finds what breaks it, once`, () => {
    for (const code of bad) {
      assertEquals(found(rule, file, code), [`house/${rule}`], code);
    }
  });
  Deno.test(`house/${rule} leaves the rest alone`, () => {
    for (const code of good) assertEquals(found(rule, file, code), [], code);
  });
}

Deno.test("house/snake-case-file looks at the name of the file", () => {
  const names = {
    good: [
      "core/mod.ts",
      "/a/B/sse_parser.ts",
      "_equal.ts",
      "a_test.ts",
      "sha256.ts",
      "x.d.ts",
    ],
    bad: [
      "core/sseParser.ts",
      "SSE.ts",
      "sse-parser.ts",
      "a__b.ts",
      "sse.Parser.ts",
    ],
  };
  for (const name of names.good) {
    assertEquals(found("snake-case-file", name, "x;"), [], name);
  }
  for (const name of names.bad) {
    assertEquals(found("snake-case-file", name, "x;").length, 1, name);
  }
});

Deno.test("house/max-lines and house/error-message-shape leave tests alone", () => {
  for (
    const name of [
      "a_test.ts",
      "a_bench.ts",
      "_test_server.ts",
      "/a/testdata/b.ts",
      "/a/tests/_gateway.ts",
    ]
  ) {
    assertEquals(found("max-lines", name, "x;\n".repeat(301)), [], name);
    assertEquals(
      found("error-message-shape", name, "new Error('no.')"),
      [],
      name,
    );
  }
});

Deno.test("house/max-lines leaves a package's list of exports alone", () => {
  assertEquals(found("max-lines", "/a/mod.ts", "x;\n".repeat(301)), []);
});

Deno.test("every house rule is tested", () => {
  const tested = [...Object.keys(CASES), "snake-case-file"];
  assertEquals(tested.sort(), Object.keys(plugin.rules).sort());
});
