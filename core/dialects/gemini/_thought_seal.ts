/** What a sealed signature carries of another provider's thought. */
export interface ThoughtSeal {
  /** The proof of the thought beside it, or thought that only its provider can read. */
  readonly kind: "signature" | "redacted";
  /** As its provider wrote it. */
  readonly data: string;
}

/** What tells the gateway's own signatures: nine bytes, so that their base64 is always the same. */
const MARK = "llm-prx1:";
const BASE64_MARK = btoa(MARK);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Another provider's proof as a `thoughtSignature`, which is base64 wherever
 * it comes from: some clients decode it and write it anew.
 */
export function sealThought({ kind, data }: ThoughtSeal): string {
  return encoder.encode(`${MARK}${kind[0]}${data}`).toBase64();
}

/** Whether a `thoughtSignature` is one of the gateway's own. Cheap. */
export function isSealed(signature: unknown): signature is string {
  return typeof signature === "string" && signature.startsWith(BASE64_MARK);
}

/** Reads such a signature, in either alphabet; `undefined` where it is Gemini's own or broken. */
export function openThought(signature: string): ThoughtSeal | undefined {
  if (!isSealed(signature)) return undefined;
  let text: string;
  try {
    const plain = signature.replaceAll("-", "+").replaceAll("_", "/");
    text = decoder.decode(Uint8Array.fromBase64(plain));
  } catch {
    return undefined;
  }
  const kind = text.charAt(MARK.length);
  const data = text.slice(MARK.length + 1);
  switch (kind) {
    case "s":
      return { kind: "signature", data };
    case "r":
      return { kind: "redacted", data };
  }
  return undefined;
}
