import { Buffer } from "node:buffer";

/** How many digits an id has, of 4 bits each. */
const DIGITS = 32;
/** So many random bytes are drawn at once, for 128 ids: drawing is what costs. */
const drawn = Buffer.alloc(2_048);

let digits = "";
let next = 0;

/** The id of a new request: `req_` and 32 hexadecimal digits, all of them random. */
export function newRequestId(): string {
  if (next === digits.length) {
    digits = crypto.getRandomValues(drawn).toString("hex");
    next = 0;
  }
  // Joined, for the engine then has it in one piece: it goes to many places.
  return ["req_", digits.slice(next, next += DIGITS)].join("");
}
