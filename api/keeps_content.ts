/** Every caller, those without a key included. */
export const EVERYONE = "*";

/** Whether the content of a caller's requests is kept. */
export function keepsContent(
  { keys }: { readonly keys: readonly string[] },
  key: string | undefined,
): boolean {
  return keys.includes(EVERYONE) || key !== undefined && keys.includes(key);
}
