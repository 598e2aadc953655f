import * as z from "@zod/zod";
import {
  isLimits,
  isPlainUrl,
  isProxy,
  MAX_PROXY,
  PROXY_FORM,
  SECRET,
} from "./_config_texts.ts";
import { isFillIn, isQuoted } from "./_config_secrets.ts";

/** A duration: no shorter than a millisecond, because zero would disarm a timeout. */
export function seconds(most: number): z.ZodNumber {
  return z.number().min(0.001).max(most);
}

/** A size in MiB or KiB; fractions are welcome, nothing is not a size. */
export function size(most: number): z.ZodNumber {
  return z.number().min(0.001).max(most);
}

/** A whole number within bounds. */
export function count(least: number, most: number): z.ZodInt {
  return z.int().min(least).max(most);
}

/** A share between 0 and 1. */
export function share(): z.ZodNumber {
  return z.number().min(0).max(1);
}

/** One line of text that is not empty. */
export function line(most = 256): z.ZodString {
  return z.string().min(1).max(most).regex(
    // deno-lint-ignore no-control-regex -- control characters are what it refuses
    /^[^\x00-\x1f\x7f]*$/,
    "must not hold control characters",
  );
}

/** A limit, or several that count together; what one is says the library. */
export function limits(): z.ZodUnion<[z.ZodString, z.ZodArray<z.ZodString>]> {
  const limit = z.string().max(100).refine(
    isLimits,
    "must look like '100/minute', '5000 tokens/hour', '10/second burst 20' or '8 concurrent', with numbers above 0",
  );
  return z.union([limit, z.array(limit).min(1).max(20)]);
}

/** A path of the HTTP surface. */
export function route(): z.ZodString {
  return z.string().max(256).regex(
    /^\/[!-~]*$/,
    "is not a route: it must start with '/'",
  );
}

/** A secret that travels in a header. */
export function secret(least: number): z.ZodString {
  return z.string().min(least).max(SECRET.most, SECRET.tooLong)
    .regex(SECRET.letters, SECRET.otherLetters)
    .refine((value) => !isQuoted(value), SECRET.quoted)
    .refine((value) => !isFillIn(value), SECRET.fillIn);
}

/** The name of an environment variable. */
export function variable(): z.ZodString {
  return z.string().max(128).regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "must be the name of an environment variable",
  );
}

/** The address of a server: no credentials, query or fragment. */
export function address(): z.ZodString {
  return z.string().max(2048).refine(
    isPlainUrl,
    "must be an http:// or https:// URL without credentials, query or fragment",
  );
}

/** The address of a proxy, which may hold credentials; what one is says the library. */
export function proxyAddress(): z.ZodString {
  return z.string().max(MAX_PROXY).refine(isProxy, PROXY_FORM);
}

// They frame the message or belong to one connection: the client sets them.
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The name of a header. */
export function headerName(): z.ZodString {
  return z.string().max(128)
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is not a header name");
}

/** Headers to add to a request, name to value. */
export function headers(): z.ZodRecord<z.ZodString, z.ZodString> {
  return z.record(
    headerName().refine(
      (name) => !FRAMING.has(name.toLowerCase()),
      "is a header that the connection itself sets",
    ),
    z.string().max(8192).regex(
      /^[\t -~]*$/,
      "must hold nothing but printable ASCII, spaces and tabs",
    ),
  );
}
