import { Buffer } from "node:buffer";
import { quote } from "./_json_text.ts";

/**
 * The characters of a Base64 text that depend on these bytes alone, where the
 * bytes stand `offset` bytes after a whole group.
 */
function base64At(bytes: Uint8Array, offset: number): string {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const whole = Math.floor(padded.length * 8 / 6);
  return padded.toString("base64").slice(Math.ceil(offset * 8 / 6), whole);
}

/** A value as it may stand in a log: plain, in JSON, in a URL, in Base64. */
export function spellingsOf(value: string): string[] {
  const wellFormed = value.toWellFormed();
  const base64 = [0, 1, 2].map((at) => base64At(Buffer.from(wellFormed), at));
  return [
    ...new Set([
      value,
      quote(value).slice(1, -1),
      encodeURIComponent(wellFormed),
      ...base64,
      ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    ]),
  ];
}
