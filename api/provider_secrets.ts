import type { Provider } from "@llm-proxy/core";
import { Redactor } from "@llm-proxy/logging";

const REDACTORS = new WeakMap<Provider, Redactor>();

/** Nothing but numbers, times and dates. */
const HARMLESS = /^[\d\s.:,;smhTZ+-]*$/;

/** Takes out of texts what was sent to a provider with every request: it may say that back (K3, X11). */
export function redactorOf(provider: Provider): Redactor {
  let redactor = REDACTORS.get(provider);
  if (redactor === undefined) {
    redactor = new Redactor();
    for (const value of Object.values(provider.headers)) {
      redactor.add(value);
      redactor.add(value.replace(/^Bearer /i, ""));
    }
    REDACTORS.set(provider, redactor);
  }
  return redactor;
}

/** A header's value of a provider's answer, without what it may not tell. */
export function cleanHeader(provider: Provider, value: string): string {
  return HARMLESS.test(value) ? value : redactorOf(provider).redact(value);
}
