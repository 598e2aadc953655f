/** Marks and what cannot be seen; fillers are letters by their category. */
const UNSEEN = /[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** So many code points beyond ASCII are remembered. */
const MAX_KNOWN = 8_192;
const known = new Map<number, string>();
const ASCII = Array.from(
  { length: 128 },
  (_, code) => plain(String.fromCharCode(code)),
);

/**
 * A code point as deny-lists compare it: compatible forms are one, case and
 * accents go, every white space is a blank, and what cannot be seen is nothing.
 * It depends on no neighbour, so that a text can be cut anywhere.
 */
export function foldPoint(code: number): string {
  if (code < 128) return ASCII[code] as string;
  let folded = known.get(code);
  if (folded === undefined) {
    folded = plain(String.fromCodePoint(code));
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(code, folded);
  }
  return folded;
}

/** A whole text as {@linkcode foldPoint} sees it, runs of blanks as one. */
export function foldText(text: string): string {
  let folded = "";
  for (const point of text) folded += foldPoint(point.codePointAt(0) as number);
  return folded.replaceAll(/ +/g, " ").trim();
}

function plain(point: string): string {
  return point.normalize("NFKD").toUpperCase().toLowerCase()
    .normalize("NFKD").replaceAll(UNSEEN, "").replaceAll(/\s/gu, " ")
    .replaceAll(/\p{Cc}/gu, "").replaceAll("ς", "σ");
}
