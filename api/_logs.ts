import type { CliInput } from "./_cli.ts";
import { configFile, load } from "./_load_config.ts";
import { type LogRow, logRowText } from "./_log_row_text.ts";
import { FILTERS } from "./_request_log_query.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";

/** Which gateway is asked, and how. */
interface Place {
  readonly url: string;
  readonly key: string | undefined;
}

/** A page as the gateway gives it. */
interface Page {
  readonly data: readonly LogRow[];
  /** Where there is more. */
  readonly next: number | null;
  readonly newest: number;
}

const DEFAULT_LIMIT = "50";
/** How often it is asked what has come since, in ms. */
const FOLLOW_MS = 1_000;
/** How long an answer may take, in ms. */
const PATIENCE = 30_000;

/** `logs`: prints the last requests of a gateway that runs, and those that come. */
export async function logs(
  { values, switches }: CliInput,
): Promise<number> {
  const filters = readFilters(values.get("filter") ?? "");
  if (typeof filters === "string") {
    return tell(`llm-proxy: ${filters} (see --help)`, USAGE);
  }
  const place = await placeOf(values);
  if (typeof place === "number") return place;
  const query = new URLSearchParams(filters);
  const limit = values.get("limit") ?? DEFAULT_LIMIT;
  if (!/^[1-9]\d{0,8}$/.test(limit)) {
    return tell("llm-proxy: --limit must be a number above 0", USAGE);
  }
  const format = switches.has("csv") ? "csv" : "jsonl";
  if (switches.has("csv") || switches.has("json")) {
    query.set("format", format);
    if (values.has("limit")) query.set("limit", limit);
    return await exportAll(place, query);
  }
  query.set("limit", limit);
  const write = (rows: readonly LogRow[]): void => {
    const colours = hasColours();
    for (const row of rows) print(`${logRowText(row, { colours })}\n`);
  };
  const page = await ask(place, query);
  if (typeof page === "string") return tell(`llm-proxy: ${page}`, FAULT);
  write(page.data.toReversed());
  if (!switches.has("follow")) return 0;
  return await follow(place, { query, from: page.newest, write });
}

/** Prints what comes, until it is told to stop. */
async function follow(
  place: Place,
  { query, from, write }: {
    readonly query: URLSearchParams;
    readonly from: number;
    readonly write: (rows: readonly LogRow[]) => void;
  },
): Promise<number> {
  let cursor = from;
  let isGone = false;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    query.set("after", String(cursor));
    const page = await ask(place, query);
    if (typeof page === "string") {
      if (!isGone) tell(`llm-proxy: ${page}; waiting for it`, FAULT);
      isGone = true;
      continue;
    }
    isGone = false;
    write(page.data);
    // A gateway that has been started anew counts from the beginning.
    cursor = page.newest < cursor ? 0 : page.next ?? page.newest;
  }
}

async function exportAll(
  place: Place,
  query: URLSearchParams,
): Promise<number> {
  const response = await request(place, query);
  if (typeof response === "string") {
    return tell(`llm-proxy: ${response}`, FAULT);
  }
  const writer = Deno.stdout.writable.getWriter();
  for await (const chunk of response.body ?? []) await writer.write(chunk);
  writer.releaseLock();
  return 0;
}

async function ask(
  place: Place,
  query: URLSearchParams,
): Promise<Page | string> {
  const response = await request(place, query);
  if (typeof response === "string") return response;
  try {
    return await response.json();
  } catch {
    return `${place.url} gave no JSON`;
  }
}

/** Asks the gateway; a text says why there is no answer. */
async function request(
  { url, key }: Place,
  query: URLSearchParams,
): Promise<Response | string> {
  let response: Response;
  try {
    response = await fetch(`${url}/v1/requests?${query}`, {
      headers: key === undefined ? {} : { "x-api-key": key },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return `nobody answers at ${url}`;
  }
  if (response.ok) return response;
  if (response.status === 401) {
    await response.body?.cancel();
    const what = key === undefined ? "asks for a key" : "refuses this key";
    return `${url} ${what}: set LLM_PROXY_KEY to one of its keys`;
  }
  const said = await response.json().catch(() => undefined);
  const message = said?.error?.message;
  return typeof message === "string"
    ? `${url}: ${message.split("\n")[0]}`
    : `${url} answered with status ${response.status}`;
}

/** `status=5xx,key=team-a` as pairs; a text says what is wrong with it. */
function readFilters(text: string): Record<string, string> | string {
  const pairs: Record<string, string> = {};
  for (const part of text.split(",").filter((part) => part.trim() !== "")) {
    const at = part.indexOf("=");
    const name = part.slice(0, at).trim();
    if (at < 1 || !FILTERS.includes(name)) {
      return `--filter takes NAME=VALUE with one of ${FILTERS.join(", ")}`;
    }
    pairs[name] = part.slice(at + 1).trim();
  }
  return pairs;
}

/** Where the gateway is: as told, as its config says, or where it is by default. */
async function placeOf(
  values: CliInput["values"],
): Promise<Place | number> {
  const key = Deno.env.get("LLM_PROXY_KEY") || undefined;
  const told = values.get("url")?.replace(/\/+$/, "");
  if (told !== undefined && !/^https?:\/\/[^\s?#]+$/.test(told)) {
    return tell("llm-proxy: --url must be an http:// address", USAGE);
  }
  const file = configFile(values.get("config"));
  if (file === undefined) return { url: told ?? "http://127.0.0.1:8000", key };
  const loaded = await load(file);
  if (typeof loaded === "number") return loaded;
  const { server, auth } = loaded.config;
  const host = server.host.includes(":") ? `[${server.host}]` : server.host;
  return {
    url: told ?? `http://${host}:${server.port}`,
    key: key ?? auth.api_keys[0]?.key,
  };
}

function hasColours(): boolean {
  return Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
}
