/** Deno's own name for the token of a database that speaks KV Connect. */
export const STATE_TOKEN_VARIABLE = "DENO_KV_ACCESS_TOKEN";
/** Where the password of Redis or Valkey is, if it has one. */
const REDIS_PASSWORD_VARIABLE = "REDIS_PASSWORD";

/** A database on the network that keeps state. */
export interface StateDatabase {
  readonly type: "connect" | "redis";
  /** The variable that its token or password is in. */
  readonly variable: string;
  /** How people are told of it. */
  readonly told: string;
}

const WITHOUT_PASSWORD =
  /^rediss?:\/\/([^\s/?#@\\:]+@)?[^\s/?#@\\]+(\/\d{0,4})?$/i;

/** Whether a text is meant as the URL of a database, be it well-formed or not. */
export function isStateUrl(text: string): boolean {
  return /^(https?|rediss?):\/\//i.test(text);
}

/** Whether the database is one of Redis or Valkey. */
export function isRedisUrl(text: string): boolean {
  return /^rediss?:\/\//i.test(text);
}

/** The database that a URL names; a sentence where it names none. */
export function stateDatabase(text: string): StateDatabase | string {
  const url = URL.parse(text);
  if (isRedisUrl(text)) {
    return url !== null && WITHOUT_PASSWORD.test(text)
      ? {
        type: "redis",
        variable: REDIS_PASSWORD_VARIABLE,
        told: `at ${url.protocol}//${url.host}`,
      }
      : `the URL must look like redis://host:6379/0, a password belongs into ${REDIS_PASSWORD_VARIABLE}`;
  }
  return url !== null && url.username === "" && url.password === ""
    ? {
      type: "connect",
      variable: STATE_TOKEN_VARIABLE,
      told: `at ${url.origin}`,
    }
    : "the URL must be one of HTTP without credentials";
}
