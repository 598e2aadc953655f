import { isFreeMethod } from "./relay_bytes.ts";

/** Where Bedrock names the model that is asked, with a colon or without. */
const BEDROCK_MODEL = /\/model\/([^/]{1,200})\//i;
/** Where Gemini, Vertex and Azure do. */
const MODEL_IN_PATH = /\/(?:models?|deployments)\/([^/:]{1,200})/i;
const MAX_MODEL = 200;
/** What counts tokens, and costs nothing. */
const FREE = /(?:\/count_tokens|:countTokens|\/input_tokens|\/tokenize)$/;

/** What bounds the cost of a request that passes as it is, as far as anything does. */
export interface PassedTerms {
  /** It costs nothing, whatever its answer tells. */
  readonly isFree?: boolean;
  /** It asks a model in a form that is known, and nobody can tell for how much. */
  readonly isUnbounded?: boolean;
  /** The model that is asked; absent where neither path nor body names one in a form that is known. */
  readonly model?: string | undefined;
  /** The most tokens of one answer; absent where nothing is said. */
  readonly outputTokens?: number | undefined;
  /** How many answers are asked for. */
  readonly choices?: number | undefined;
  /** The body, where it was read. */
  readonly body?: string | undefined;
}

/** How one kind of request says how much it wants. */
interface Wire {
  readonly path: RegExp;
  /** Where its limit is; the largest counts. No path where an answer has no tokens. */
  readonly limits: readonly (readonly string[])[];
  /** Where the number of answers is; the largest counts. */
  readonly choices?: readonly (readonly string[])[];
}

/** The dialects that the gateway speaks, by the ends of their paths. */
const WIRES: readonly Wire[] = [
  {
    path: /\/chat\/completions$/i,
    limits: [["max_completion_tokens"], ["max_tokens"]],
    choices: [["n"]],
  },
  {
    path: /\/completions$/i,
    limits: [["max_tokens"]],
    choices: [["n"], ["best_of"]],
  },
  { path: /\/responses$/i, limits: [["max_output_tokens"]] },
  { path: /\/messages$/i, limits: [["max_tokens"]] },
  {
    path: /:(?:generate|streamGenerate)Content$/i,
    limits: inGemini("maxOutputTokens", "max_output_tokens"),
    choices: inGemini("candidateCount", "candidate_count"),
  },
  {
    path: /\/converse(?:-stream)?$/i,
    limits: [["inferenceConfig", "maxTokens"]],
  },
  { path: /\/v[12]\/chat$/i, limits: [["max_tokens"]] },
  {
    path: /(?:\/embed(?:dings)?|:(?:batch)?embedContents?|\/rerank)$/i,
    limits: [],
  },
];

/** Where Gemini's settings may be: proto3 takes two names for each (JSON mapping of Protocol Buffers). */
function inGemini(...names: readonly string[]): readonly string[][] {
  return ["generationConfig", "generation_config"].flatMap((config) =>
    names.map((name) => [config, name])
  );
}

/** The model that a path names. */
export function modelInPath(path: string): string | undefined {
  const name = (BEDROCK_MODEL.exec(path) ?? MODEL_IN_PATH.exec(path))?.[1];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** A path as a server may read it that undoes escapes and minds no slash too many. */
function plainPath(path: string): string {
  let plain = path;
  try {
    plain = decodeURIComponent(path);
  } catch {
    // Then nobody else can undo its escapes either.
  }
  return plain.replaceAll(/\/{2,}/g, "/").replace(/\/$/, "");
}

/**
 * What a request says that bounds its cost. What is written in another form
 * than the path's own bounds nothing: providers pass over what they don't know.
 *
 * @param body The value of a body that is JSON; `undefined` where none was read.
 */
export function passedTerms(path: string, body: unknown): PassedTerms {
  const plain = plainPath(path);
  const wire = WIRES.find((it) => it.path.test(plain));
  if (wire === undefined) return {};
  if (typeof body !== "object" || body === null) return { isUnbounded: true };
  const named = memberAt(body, ["model"]);
  const model = modelInPath(path) ?? modelInPath(plain) ??
    (typeof named === "string" ? named.slice(0, MAX_MODEL) : undefined);
  const { limits, choices = [] } = wire;
  const wanted = valuesAt(body, choices);
  if (!wanted.every(isCount)) return { isUnbounded: true };
  const told = valuesAt(body, limits);
  const outputTokens = limits.length === 0
    ? 0
    : told.length > 0 && told.every(isCount)
    ? Math.max(...told)
    : undefined;
  return { model, outputTokens, choices: Math.max(1, ...wanted) };
}

/** Whether a request costs nothing: what was asked before is read again, or tokens are counted. */
export function isFreeRequest(method: string, path: string): boolean {
  return isFreeMethod(method) || FREE.test(path);
}

/** What is there at some places of a body. */
function valuesAt(
  body: object,
  places: readonly (readonly string[])[],
): unknown[] {
  return places.map((at) => memberAt(body, at))
    .filter((it) => it !== undefined && it !== null);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
