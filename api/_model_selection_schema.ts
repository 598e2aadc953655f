import * as z from "@zod/zod";

/** Which model of a provider was chosen, and what goes with it. */
export const modelSelection = z.strictObject({
  selected_model: z.string().min(1).max(256)
    .describe("What requests for the provider's name alone get."),
  editable: z.boolean().default(true)
    .describe("Whether another change need not set it first."),
  priority: z.int().min(0).max(1_000_000).optional()
    .describe(
      "The provider's, in place of the config's: the lowest is tried first.",
    ),
  max_tokens: z.int().min(1).max(1_000_000_000).optional()
    .describe("For requests for the provider's name that set no limit."),
  temperature: z.number().min(0).max(2).optional()
    .describe("For requests for the provider's name that set none."),
});
