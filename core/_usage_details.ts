import type { Usage, UsageDetails } from "./answer.ts";

type Counts = Omit<UsageDetails, "serviceTier">;

const NO_DETAILS: { readonly details?: UsageDetails } = {};

/** The member of a usage with what was found; nothing where there was nothing. */
export function detailsOf(
  found: {
    readonly [Name in keyof UsageDetails]: UsageDetails[Name] | undefined;
  },
): { readonly details?: UsageDetails } {
  let details: Record<string, number | string> | undefined;
  // Made of names that are known here; a list of them all costs as much as the rest.
  for (const name in found) {
    const value = found[name as keyof UsageDetails];
    if (value === undefined || value === 0 && name !== "cost") continue;
    details ??= {};
    details[name] = value;
  }
  return details === undefined ? NO_DETAILS : { details };
}

/** The member after a further report: what it tells replaces what was told. */
export function laterDetails(
  previous: Usage,
  next: Usage,
): { readonly details?: UsageDetails } {
  const details = next.details === undefined
    ? previous.details
    : { ...previous.details, ...next.details };
  return details === undefined ? {} : { details };
}

/** The member of two usages together. */
export function addDetails(
  { details: one }: Usage,
  { details: other }: Usage,
): { readonly details?: UsageDetails } {
  if (one === undefined || other === undefined) {
    const details = one ?? other;
    return details === undefined ? {} : { details };
  }
  const sum = (name: keyof Counts): number | undefined =>
    one[name] === undefined && other[name] === undefined
      ? undefined
      : (one[name] ?? 0) + (other[name] ?? 0);
  return detailsOf({
    audioInput: sum("audioInput"),
    cachedAudio: sum("cachedAudio"),
    imageInput: sum("imageInput"),
    cachedImage: sum("cachedImage"),
    audioOutput: sum("audioOutput"),
    imageOutput: sum("imageOutput"),
    webSearches: sum("webSearches"),
    cost: sum("cost"),
    serviceTier: one.serviceTier ?? other.serviceTier,
  });
}
