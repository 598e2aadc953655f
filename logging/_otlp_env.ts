/** Reads environment variables as OpenTelemetry's specification names them. */
export type OtelEnv = (name: string) => string | undefined;

/** The longest `OTEL_…` value that is read. */
const MAX = 16_384;

/** A variable's text; one that is empty is as good as absent. */
export function textOf(env: OtelEnv, name: string): string | undefined {
  const text = env(name)?.trim();
  if (text === undefined || text === "") return undefined;
  if (text.length > MAX) throw new RangeError(`${name} is too long`);
  return text;
}

/** A variable that must be a number of ms above 0. */
export function millisecondsOf(env: OtelEnv, name: string): number | undefined {
  const text = textOf(env, name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new RangeError(`${name} must be a number of milliseconds above 0`);
  }
  return Number(text);
}

/** A variable that must be a number of spans from 1 to 65,536. */
export function spansOf(env: OtelEnv, name: string): number | undefined {
  const text = textOf(env, name);
  if (text === undefined) return undefined;
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 65_536) return count;
  throw new RangeError(`${name} must be a number from 1 to 65536`);
}

/** A variable that is a list such as `a=1,b=2`, its values percent-encoded; never told in a fault, for it may hold secrets. */
export function pairsOf(env: OtelEnv, name: string): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const pair of textOf(env, name)?.split(",") ?? []) {
    if (pair.trim() === "") continue;
    const at = pair.indexOf("=");
    const key = pair.slice(0, at).trim();
    if (at < 1 || key === "") {
      throw new TypeError(`${name} must look like 'name=value,name=value'`);
    }
    pairs.push([key, decoded(pair.slice(at + 1).trim())]);
  }
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The share of traces that the sampler's variables name. */
export function sampleRatioOf(env: OtelEnv): number | undefined {
  const sampler = textOf(env, "OTEL_TRACES_SAMPLER");
  switch (sampler?.replace(/^parentbased_/, "")) {
    case undefined:
      return undefined;
    case "always_on":
      return 1;
    case "always_off":
      return 0;
    case "traceidratio": {
      const ratio = Number(textOf(env, "OTEL_TRACES_SAMPLER_ARG") ?? 1);
      if (ratio >= 0 && ratio <= 1) return ratio;
      throw new RangeError("OTEL_TRACES_SAMPLER_ARG must be from 0 to 1");
    }
  }
  throw new TypeError(
    "OTEL_TRACES_SAMPLER must be always_on, always_off or traceidratio, or one of these after 'parentbased_'",
  );
}
