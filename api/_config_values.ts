import * as z from "@zod/zod";
import { isFillIn } from "./_config_secrets.ts";

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

/** A number of requests in a span of time. */
export function limit(): z.ZodString {
  return z.string().regex(
    /^[1-9][0-9]{0,8}\/(second|minute|hour|day)$/,
    "must look like '100/minute' (second, minute, hour or day)",
  );
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
  return z.string().min(least).max(512).regex(
    /^[!-~]+$/,
    "must hold nothing but printable ASCII without spaces",
  ).refine(
    (value) => !isFillIn(value),
    "looks like a placeholder, not like a key; for a variable write ${NAME}",
  );
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

function isPlainUrl(text: string): boolean {
  // The URL parser drops blanks and forgives backslashes: the text is looked at first.
  return /^https?:\/\/[^\s/?#@\\]+(\/[^\s?#\\]*)?$/i.test(text) &&
    URL.canParse(text);
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

/** Headers to add to a request, name to value. */
export function headers(): z.ZodRecord<z.ZodString, z.ZodString> {
  return z.record(
    z.string().max(128)
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is not a header name")
      .refine(
        (name) => !FRAMING.has(name.toLowerCase()),
        "is a header that the connection itself sets",
      ),
    z.string().max(8192).regex(
      /^[\t -~]*$/,
      "must hold nothing but printable ASCII, spaces and tabs",
    ),
  );
}
