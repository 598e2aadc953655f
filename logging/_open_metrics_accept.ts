const MAX_HEADER = 4_096;
const MAX_RANGES = 32;
const TEXT: ReadonlySet<string> = new Set(["text/plain", "text/*", "*/*"]);

/** How much a client wants each of the two text formats, 0 to 1. */
interface Wishes {
  openMetrics: number;
  text: number;
}

/**
 * Whether a client would have OpenMetrics 1.0 rather than the older text
 * format, by its `accept` header. Where it names neither it gets the older one.
 */
export function acceptsOpenMetrics(accept: string): boolean {
  const wishes: Wishes = { openMetrics: 0, text: 0 };
  const ranges = accept.slice(0, MAX_HEADER).split(",", MAX_RANGES);
  for (const range of ranges) wish(wishes, range);
  return wishes.openMetrics > 0 && wishes.openMetrics >= wishes.text;
}

function wish(wishes: Wishes, range: string): void {
  const [type = "", ...parameters] = range.toLowerCase().split(";").map((
    part,
  ) => part.trim());
  const quality = qualityOf(parameters);
  const version = valueOf(parameters, "version");
  if (type === "application/openmetrics-text") {
    if (version !== undefined && version !== "1.0.0") return;
    wishes.openMetrics = Math.max(wishes.openMetrics, quality);
  } else if (TEXT.has(type)) {
    wishes.text = Math.max(wishes.text, quality);
  }
}

function qualityOf(parameters: readonly string[]): number {
  const quality = Number(valueOf(parameters, "q") ?? 1);
  return quality >= 0 && quality <= 1 ? quality : 0;
}

function valueOf(
  parameters: readonly string[],
  name: string,
): string | undefined {
  return parameters.find((parameter) => parameter.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
