/** A row as the gateway gives it: nothing in it is believed. */
export type LogRow = Readonly<Record<string, unknown>> & {
  readonly cursor: number;
};

/** What a terminal would take for an order, or for another line. */
const ORDERS =
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const GREY = 90;

/**
 * A request as one line for people: when, its status, how long it took and how
 * long until its first content, whose it was, where it went, tokens, cost, and
 * what went wrong.
 */
export function logRowText(
  row: LogRow,
  { colours }: { readonly colours: boolean },
): string {
  const paint = (code: number, text: string): string =>
    colours && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text;
  const status = Number(row.status) || 0;
  const parts = [
    paint(GREY, textOf(row.ts).slice(11, 23)),
    paint(colourOf(status, row), String(status).padStart(3)),
    timeOf(row.duration_ms).padStart(7),
    paint(GREY, timeOf(row.first_content_ms).padStart(7)),
    textOf(row.key).padEnd(10),
    targetOf(row),
    tokensOf(row),
    costOf(row.cost_usd),
    attemptsOf(row),
    paint(RED, errorOf(row)),
  ];
  return parts.filter((part) => part !== "").join(" ").trimEnd();
}

function colourOf(status: number, { error }: LogRow): number {
  if (status >= 500 || status === 0) return RED;
  if (status >= 400 || error !== undefined) return YELLOW;
  return GREEN;
}

/** `fast → openai/gpt-5-mini`, or the route where no model was asked for. */
function targetOf(row: LogRow): string {
  const asked = textOf(row.requested_model);
  const went = textOf(row.deployment);
  if (asked === "" && went === "") {
    return `${textOf(row.method)} ${textOf(row.route)}`;
  }
  return went === "" || went === asked ? asked || went : `${asked} → ${went}`;
}

function tokensOf(row: LogRow): string {
  if (typeof row.input_tokens !== "number") return "";
  return `${row.input_tokens}→${Number(row.output_tokens) || 0} tok`;
}

function costOf(cost: unknown): string {
  return typeof cost === "number" && cost > 0
    ? `$${Number(cost.toPrecision(3))}`
    : "";
}

/** How many attempts, where there was more than one. */
function attemptsOf({ attempts }: LogRow): string {
  const count = textOf(attempts).split(";reason=").length - 1;
  return count > 1 ? `${count} attempts` : "";
}

function errorOf(row: LogRow): string {
  const [code, message] = [textOf(row.error), textOf(row.error_message)];
  return message === "" ? code : `${code}: ${message}`;
}

function timeOf(ms: unknown): string {
  if (typeof ms !== "number") return "";
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)}s`;
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(2)}s` : `${Math.round(ms)}ms`;
}

function textOf(value: unknown): string {
  return typeof value === "string"
    ? value.replace(ORDERS, "?").slice(0, 300)
    : "";
}
