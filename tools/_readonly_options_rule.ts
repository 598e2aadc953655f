const OPTIONS = /Options$/;

/** What a caller gives as options nobody else changes. */
export const READONLY_OPTIONS_RULE: Deno.lint.Rule = {
  create: (context) => ({
    TSInterfaceDeclaration({ id, body }): void {
      if (!OPTIONS.test(id.name)) return;
      for (const member of body.body) {
        if (member.type !== "TSPropertySignature" || member.readonly) continue;
        context.report({
          node: member,
          message: `A member of '${id.name}' is not readonly`,
        });
      }
    },
  }),
};
