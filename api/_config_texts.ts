import { isProxyAddress, parseLimits } from "@llm-proxy/core";
import { isFillIn, isQuoted } from "./_config_secrets.ts";

/** Whether the library reads limits, and finds one at least. */
export function isLimits(value: Parameters<typeof parseLimits>[0]): boolean {
  try {
    return parseLimits(value).length > 0;
  } catch {
    return false;
  }
}

/** What a secret that travels in a header must be, and what is said of one that is not. */
export const SECRET = {
  most: 512,
  letters: /^[!-~]+$/,
  tooLong: "must have at most 512 characters",
  otherLetters: "must hold nothing but printable ASCII without spaces",
  quoted: "must not have quotes around it",
  fillIn:
    "looks like a placeholder, not like a key; for a variable write ${NAME}",
} as const;

/** Why a text can't be a secret that travels in a header; never with the text. */
export function secretFault(text: string): string | undefined {
  if (text.length > SECRET.most) return SECRET.tooLong;
  if (!SECRET.letters.test(text)) return SECRET.otherLetters;
  if (isQuoted(text)) return SECRET.quoted;
  return isFillIn(text) ? SECRET.fillIn : undefined;
}

/** Whether a text is an address without credentials, query or fragment. */
export function isPlainUrl(text: string): boolean {
  // The URL parser drops blanks and forgives backslashes: the text is looked at first.
  return /^https?:\/\/[^\s/?#@\\]+(\/[^\s?#\\]*)?$/i.test(text) &&
    URL.canParse(text);
}

/** How long the address of a proxy may be. */
export const MAX_PROXY = 2048;
/** What the address of a proxy must be. */
export const PROXY_FORM =
  "must be of the form 'http://user:password@host:port'";

/** Whether the library can use it as the address of a proxy. */
export function isProxy(text: string): boolean {
  if (text.length > MAX_PROXY) return false;
  // The URL parser drops blanks and forgives backslashes.
  if (!/^[^\s\\]+$/.test(text)) return false;
  return isProxyAddress(text);
}
