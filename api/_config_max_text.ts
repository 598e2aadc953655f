/** Longest text of a config that is parsed, in UTF-16 units; in a file, bytes. */
export const MAX_TEXT = 4 * 1024 * 1024;
