/**
 * How what `findKeys` and `findUrlSecrets` look for begins, told by how that
 * ends: two characters that are seldom one after the other, then what must
 * stand before them. In this order a text is looked through for all of them in
 * less time than for the keys' beginnings as they stand.
 */
const LEAD_IN =
  /[rRc] (?<=[Bb]earer |BEARER |Basic )|[kix]-(?<=sk-|xai-|pplx-|nvapi-)|[kf8p]_(?<=gsk_|hf_|r8_|ghp_)|Iz(?<=AIz)|9\.(?<=ya29\.)|yJ(?<=eyJ)|[pPsS]:\/\//;

/** Whether a text may hold a key of a well-known kind, or a URL; nearly all do not. */
export function hasLeadIn(text: string): boolean {
  return LEAD_IN.test(text);
}
