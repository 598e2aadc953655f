import { cacheKey } from "@llm-proxy/context";
import type {
  ClientDialect,
  Conversation,
  JsonDocument,
} from "@llm-proxy/core";
import type { Route, RouteMatch } from "@llm-proxy/core/routing";

/** Raised whenever keys or what is kept by them mean something else. */
const VERSION = "2";

/**
 * Fields without a word in the canonical vocabulary that change nothing of the
 * form of an answer: their values are part of its key. A request with any other
 * may have an answer that is more than can be kept.
 */
const KEPT: ReadonlySet<string> = new Set([
  "anthropic-beta",
  "logit_bias",
  "metadata",
  "prompt_cache_key",
  "prompt_cache_retention",
  "safety_identifier",
  "safety_settings",
  "service_tier",
  "store",
  "user",
]);

/** Longer questions are no questions, in UTF-16 units. */
const MAX_QUESTION = 8_192;

/** What of a conversation changes its answer. */
type Meaning = Omit<
  Conversation,
  "model" | "stream" | "endUser" | "unmapped" | "extras"
>;

/** What a key is made of besides the request. */
export interface AnswerKeyOptions {
  /** The model's name, as the caller wrote it. */
  readonly model: string;
  /** The dialect in which the request is. */
  readonly client: ClientDialect;
  /** A header of the request, by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** A digest of all of the config that may change an answer. */
  readonly realm: string;
  /** Whose answers these are: one caller's, or everybody's. */
  readonly tenant: string;
  /** Where the model's name leads. */
  readonly match: RouteMatch;
  /** The arm of its experiment that the caller is in; "" for none. */
  readonly arm: string;
  /** The model that makes vectors of questions, where these are wanted. */
  readonly asksByMeaning?: string | undefined;
}

/** What the answers to a request are kept by. */
export interface AnswerName {
  readonly key: string;
  /** What is asked, where nothing but words is. */
  readonly question?: Question;
}

/** The last words of a conversation, and all that is said before them. */
export interface Question {
  readonly text: string;
  /** The same for all that differ in nothing but these words. */
  readonly partition: string;
}

/**
 * The name of the answers to a request: the same for all that mean the same,
 * whatever their dialect, and whether they want a stream, and for no others.
 *
 * @returns Nothing where an answer can't be kept, or the request is at fault.
 */
export function answerName(
  document: JsonDocument,
  options: AnswerKeyOptions,
): AnswerName | undefined {
  const { model, client, header, realm, tenant, match, arm } = options;
  let conversation;
  try {
    conversation = client.decodeRequest(document, { header });
  } catch {
    // Whoever answers says what is wrong, or can carry it all the same.
    return undefined;
  }
  const {
    // Some dialects have it elsewhere.
    model: _model,
    // These change no word of an answer.
    stream: _stream,
    endUser: _endUser,
    unmapped,
    extras,
    ...meaning
  } = conversation;
  const more: unknown[] = [];
  for (const name of unmapped) {
    if (!KEPT.has(name)) return undefined;
    more.push(name, extras?.get(name) ?? document.value[name]);
  }
  const place = [
    VERSION,
    realm,
    tenant,
    model,
    placeOf(match.route),
    match.capture,
    arm,
    // Dialects need not mean the same by a word of their own.
    more.length === 0 ? "" : JSON.stringify([client.name, ...more]),
  ];
  const key = cacheKey([...place, textOf(meaning)]);
  const text = options.asksByMeaning === undefined
    ? undefined
    : questionOf(conversation);
  if (text === undefined) return { key };
  const before = { ...meaning, messages: meaning.messages.slice(0, -1) };
  const parts = ["by meaning", options.asksByMeaning ?? ""];
  const rest = textOf(before);
  return {
    key,
    question: { text, partition: cacheKey([...place, ...parts, rest]) },
  };
}

/** The same for the same members, in whatever order a dialect reads them. */
function textOf({ sampling, ...meaning }: Meaning): string {
  return JSON.stringify([inOrder(sampling), inOrder(meaning)]);
}

function inOrder(fields: object): (readonly [string, unknown])[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1);
}

/** The last words of a conversation that is nothing but words. */
function questionOf(
  { messages, tools }: Conversation,
): string | undefined {
  const last = messages.at(-1);
  if (last?.role !== "user" || (tools?.length ?? 0) > 0) return undefined;
  const isPlain = messages.every(({ parts }) =>
    parts.every(({ type }) => type === "text")
  );
  if (!isPlain) return undefined;
  const text = last.parts.map((part) => part.type === "text" ? part.text : "")
    .join("\n").trim();
  return text !== "" && text.length <= MAX_QUESTION ? text : undefined;
}

/** Routes never change: where each leads is written down once. */
const places = new WeakMap<Route, string>();

/** Where a name leads; what is known only by listings may lead elsewhere tomorrow. */
function placeOf(route: Route): string {
  let place = places.get(route);
  if (place === undefined) {
    const ids = route.targets.map(({ deployment }) => deployment.id);
    place = JSON.stringify([route.name, ...ids]);
    places.set(route, place);
  }
  return place;
}
