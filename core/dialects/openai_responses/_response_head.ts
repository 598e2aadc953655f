import { exactMember } from "../../_json_exact.ts";
import type { Usage } from "../../answer.ts";
import type { JsonDocument } from "../../json_document.ts";
import { isJsonObject } from "../openai_chat/_decode_node.ts";
import { customNames } from "./_custom_tools.ts";
import { encodeResponsesUsage } from "./usage.ts";

/** A failure as a response tells it. */
export interface ResponseFault {
  readonly code: string;
  readonly message: string;
}

/** What of a response changes while it is made. */
export interface ResponseState {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  /** The items as JSON text, joined by commas. */
  readonly output: string;
  readonly usage?: Usage | undefined;
  /** `incomplete_details.reason`. */
  readonly reason?: string | undefined;
  readonly error?: ResponseFault;
}

/** The text form, where the request asks for none. */
const PLAIN_TEXT = { format: { type: "text" } };

/**
 * Members of the request that the answer repeats, with the JSON that stands
 * for their absence: strict clients want every one of them (B28).
 */
const REPEATED: readonly (readonly [key: string, absent: string])[] = [
  ["instructions", "null"],
  ["max_output_tokens", "null"],
  ["max_tool_calls", "null"],
  ["metadata", "{}"],
  ["parallel_tool_calls", "true"],
  ["presence_penalty", "0"],
  ["frequency_penalty", "0"],
  ["previous_response_id", "null"],
  ["prompt_cache_key", "null"],
  ["reasoning", `{"effort":null,"summary":null}`],
  ["safety_identifier", "null"],
  ["store", "false"],
  ["temperature", "1"],
  ["tool_choice", `"auto"`],
  ["tools", "[]"],
  ["top_p", "1"],
  ["user", "null"],
];

/** What the gateway never does, whatever the request says of it. */
const FIXED =
  `"background":false,"service_tier":"default","top_logprobs":0,"truncation":"disabled"`;

/** How the ids end that {@linkcode ResponseHead} makes; those of providers are of another length. */
const OWN_ID = /^[a-z]+_[0-9a-f]{36}$/;

/** Whether this gateway has made the id of an item, so that no provider knows it. */
export function isOwnItemId(id: unknown): boolean {
  return typeof id === "string" && OWN_ID.test(id);
}

/** The members that all states of one response have in common. */
export class ResponseHead {
  readonly #key = crypto.randomUUID().replaceAll("-", "");
  readonly #created = nowInSeconds();
  readonly #repeated: string;
  #items = 0;
  /** The model that answers, as the provider names it. */
  model = "";
  /** The names of the tools that take free text, if there are any. */
  readonly customNames: ReadonlySet<unknown> | undefined;

  /** Starts a response to `request`; without one, its members have the values of absence. */
  constructor(request?: JsonDocument) {
    this.#repeated = repeatedMembers(request);
    this.customNames = customNames(request);
  }

  /** An id for the next item, told apart by its prefix, for example `msg`. */
  nextItemId(prefix: "msg" | "rs" | "fc" | "ctc" | "ig"): string {
    return `${prefix}_${this.#key}${
      (this.#items++).toString(16).padStart(4, "0")
    }`;
  }

  /** The response as JSON text. */
  write({ status, output, usage, reason, error }: ResponseState): string {
    const completedAt = status === "completed" ? nowInSeconds() : null;
    const details = reason === undefined ? null : { reason };
    return `{"id":"resp_${this.#key}","object":"response","created_at":${this.#created},"status":"${status}","completed_at":${completedAt},"error":${
      JSON.stringify(error ?? null)
    },"incomplete_details":${JSON.stringify(details)},"model":${
      JSON.stringify(this.model)
    },"output":[${output}],"usage":${
      usage ? JSON.stringify(encodeResponsesUsage(usage)) : "null"
    },${FIXED}${this.#repeated}}`;
  }
}

function repeatedMembers(request: JsonDocument | undefined): string {
  let text = `,"text":${textMember(request)}`;
  for (const [key, absent] of REPEATED) {
    text += `,"${key}":${memberText(request, key) ?? absent}`;
  }
  return text;
}

/** A member's own text, on one line: it goes into a line of a stream. */
function memberText(
  request: JsonDocument | undefined,
  key: string,
): string | undefined {
  const span = request?.spans.get(key);
  if (!request || !span || request.value[key] === null) return undefined;
  const text = request.text.slice(...span);
  return /[\r\n]/.test(text) ? JSON.stringify(exactMember(request, key)) : text;
}

function textMember(request: JsonDocument | undefined): string {
  const text = request?.value.text;
  if (!request || !isJsonObject(text)) return JSON.stringify(PLAIN_TEXT);
  return text.format
    ? memberText(request, "text") ?? JSON.stringify(PLAIN_TEXT)
    : JSON.stringify({ ...text, ...PLAIN_TEXT });
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
