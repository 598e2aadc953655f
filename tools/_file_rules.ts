import { baseName, isTestFile } from "./_source_kind.ts";

const MAX_LINES = 300;
const SNAKE_CASE_FILE = /^_?[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9_]+)*\.(d\.)?tsx?$/;

/** No source file over 300 lines. Test files are free, and so is `mod.ts`: a list of exports is no concept. */
export const MAX_LINES_RULE: Deno.lint.Rule = {
  create: (context) => ({
    Program(node): void {
      const { filename } = context;
      if (isTestFile(filename) || baseName(filename) === "mod.ts") return;
      const lines = context.sourceCode.text.trimEnd().split("\n").length;
      if (lines <= MAX_LINES) return;
      context.report({
        node,
        message: `This file has ${lines} lines, more than ${MAX_LINES}`,
        hint: "Give each concept a file of its own",
      });
    },
  }),
};

/** File names in snake_case. */
export const SNAKE_CASE_FILE_RULE: Deno.lint.Rule = {
  create: (context) => ({
    Program(node): void {
      const name = baseName(context.filename);
      if (SNAKE_CASE_FILE.test(name)) return;
      context.report({
        node,
        message: `File name '${name}' is not snake_case`,
      });
    },
  }),
};
