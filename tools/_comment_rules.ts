import { isTestFile } from "./_source_kind.ts";

/** Words that promise work instead of telling of it. */
const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK|WIP)\b/;
const IGNORED = /^\s*deno-lint-ignore(?:-file)?\b/;
const REASON = /\s--\s+\S/;

/** What is not done is no comment: it is done, or it is left out. */
export const NO_UNFINISHED_COMMENT_RULE: Deno.lint.Rule = {
  create: (context) => ({
    Program(): void {
      for (const { value, range } of context.sourceCode.getAllComments()) {
        const word = UNFINISHED.exec(value)?.[0];
        if (word === undefined) continue;
        context.report({
          range,
          message: `The comment says '${word}'`,
          hint: "Do it, or leave it out",
        });
      }
    },
  }),
};

/** Who leaves a rule aside says why: `// deno-lint-ignore rule -- why`. Tests are free. */
export const IGNORE_SAYS_WHY_RULE: Deno.lint.Rule = {
  create: (context) => ({
    Program(): void {
      if (isTestFile(context.filename)) return;
      for (const { value, range } of context.sourceCode.getAllComments()) {
        if (!IGNORED.test(value) || REASON.test(value)) continue;
        context.report({
          range,
          message: "A rule is left aside without a reason",
          hint: "Write: deno-lint-ignore rule -- why",
        });
      }
    },
  }),
};
