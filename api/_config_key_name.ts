/** What a key without a name is called. */
export function defaultKeyName(index: number): string {
  return `key-${index + 1}`;
}
