type Member =
  | Deno.lint.PropertyDefinition
  | Deno.lint.MethodDefinition
  | Deno.lint.TSAbstractPropertyDefinition
  | Deno.lint.TSAbstractMethodDefinition
  | Deno.lint.TSParameterProperty;

const KEYWORD = /^\s*(private|protected)\s+[\w$["']/;

/** Privacy by `#name`, which holds at run time too. */
export const PRIVATE_HASH_RULE: Deno.lint.Rule = {
  create: (context) => {
    // The text is read because parameters come without their `accessibility`.
    function check({ range }: Member): void {
      const keyword = KEYWORD.exec(context.sourceCode.text.slice(...range))
        ?.[1];
      if (!keyword) return;
      context.report({
        range,
        message: `The keyword '${keyword}' is not used here`,
        hint: "Use a #private member",
      });
    }
    return {
      PropertyDefinition: check,
      MethodDefinition: check,
      TSAbstractPropertyDefinition: check,
      TSAbstractMethodDefinition: check,
      TSParameterProperty: check,
    };
  },
};
