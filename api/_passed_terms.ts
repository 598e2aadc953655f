import { isFreeMethod } from "./relay_bytes.ts";

/** Where Bedrock names the model that is asked, with a colon or without. */
const BEDROCK_MODEL = /\/model\/([^/]{1,200})\//;
/** Where Gemini, Vertex and Azure do. */
const MODEL_IN_PATH = /\/(?:models?|deployments)\/([^/:]{1,200})/;
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
  /** Where its limit is; the first that is there counts. No path where an answer has no tokens. */
  readonly limits: readonly (readonly string[])[];
  /** Where the number of answers is; the largest counts. */
  readonly choices?: readonly (readonly string[])[];
}

/** The dialects that the gateway speaks, by the ends of their paths. */
const WIRES: readonly Wire[] = [
  {
    path: /\/chat\/completions$/,
    limits: [["max_completion_tokens"], ["max_tokens"]],
    choices: [["n"]],
  },
  {
    path: /\/completions$/,
    limits: [["max_tokens"]],
    choices: [["n"], ["best_of"]],
  },
  { path: /\/responses$/, limits: [["max_output_tokens"]] },
  { path: /\/messages$/, limits: [["max_tokens"]] },
  {
    path: /:(?:g|streamG)enerateContent$/,
    limits: [["generationConfig", "maxOutputTokens"]],
    choices: [["generationConfig", "candidateCount"]],
  },
  {
    path: /\/converse(?:-stream)?$/,
    limits: [["inferenceConfig", "maxTokens"]],
  },
  { path: /\/v[12]\/chat$/, limits: [["max_tokens"]] },
  {
    path: /(?:\/embed(?:dings)?|:(?:batchE|e)mbedContents?|\/rerank)$/,
    limits: [],
  },
];

/** The model that a path names. */
export function modelInPath(path: string): string | undefined {
  const name = (BEDROCK_MODEL.exec(path) ?? MODEL_IN_PATH.exec(path))?.[1];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return name;
  }
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
  const model = modelInPath(path) ??
    (typeof named === "string" ? named.slice(0, MAX_MODEL) : undefined);
  const { limits, choices = [] } = wire;
  const outputTokens = limits.length === 0
    ? 0
    : limits.map((at) => countAt(body, at)).find((it) => it !== undefined);
  const wanted = choices.map((at) => memberAt(body, at))
    .filter((it) => it !== undefined && it !== null);
  if (!wanted.every(isCount)) return { isUnbounded: true };
  return { model, outputTokens, choices: Math.max(1, ...wanted) };
}

/** Whether a request costs nothing: what was asked before is read again, or tokens are counted. */
export function isFreeRequest(method: string, path: string): boolean {
  return isFreeMethod(method) || FREE.test(path);
}

/** A path as a server may read it, however it is written. */
function plainPath(path: string): string {
  let plain = path;
  try {
    plain = decodeURIComponent(path);
  } catch {
    // It is what it is.
  }
  return plain.replace(/\/{2,}/g, "/").replace(/\/$/, "");
}

function countAt(value: object, path: readonly string[]): number | undefined {
  const count = memberAt(value, path);
  return isCount(count) ? count : undefined;
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
