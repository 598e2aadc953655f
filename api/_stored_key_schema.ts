import * as z from "@zod/zod";
import { line } from "./_config_values.ts";
import { keyTerms } from "./key_terms.ts";

/** What whoever makes a key may say of it. */
export const keyDraft = z.strictObject({ name: line(64), ...keyTerms });

/** What whoever changes a key may say of it; `null` takes a field away. */
export const keyChange = z.strictObject(
  Object.fromEntries(
    Object.entries({ name: line(64), ...keyTerms }).map(([name, type]) => [
      name,
      name === "name" ? type.optional() : type.nullable(),
    ]),
  ),
);

/** A key as it is stored: never the key itself. */
export const storedKey = z.object({
  ...keyDraft.shape,
  id: z.string().regex(/^key_[0-9a-f]{24}$/),
  /** The last letters of the secret, by which people tell keys apart. */
  hint: z.string().max(8),
  /** HMAC-SHA-256 of the secret. */
  digest: z.string().length(43),
  /** The one before a rotation, and until when it is good. */
  previous: z.object({ digest: z.string().length(43), until: z.number() })
    .optional(),
  created_at: z.number(),
  changed_at: z.number(),
});
