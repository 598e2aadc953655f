const OPENING = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, " +
  "sed do eiusmod tempor incididunt ut labore et dolore magna aliqua. " +
  "Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris.";

const PARAGRAPH = `${OPENING} ` +
  "Duis aute irure dolor in reprehenderit in voluptate velit esse cillum " +
  "dolore eu fugiat nulla pariatur. Excepteur sint occaecat cupidatat non " +
  "proident, sunt in culpa qui officia deserunt mollit anim id est laborum. ";

/** The longest text, in characters: 100,000 tokens. */
const MAX_LENGTH = 400_000;

/**
 * Lorem ipsum, the same every time: about 50 tokens without `maxTokens`, else
 * more than that many, so that the token limit cuts it; 100,000 tokens at most.
 */
export function lorem(maxTokens?: number): string {
  if (maxTokens === undefined) return OPENING;
  const length = Math.min(maxTokens * 4 + 1, MAX_LENGTH);
  return PARAGRAPH.repeat(Math.ceil(length / PARAGRAPH.length)).slice(
    0,
    length,
  );
}
