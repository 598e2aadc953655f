import { measureRequest, type TokenEstimator } from "@llm-proxy/context";
import type {
  DenyGuardrail,
  GuardrailConfig,
  GuardrailSide,
  JsonSchemaGuardrail,
  MaxGuardrail,
  PatternsGuardrail,
  PiiGuardrail,
  WebhookGuardrail,
} from "./config_types_guardrails.ts";
import {
  compilePatterns,
  loadPatterns,
  PatternScan,
  WholePatternScan,
} from "./_guard_patterns.ts";
import { PhraseList, PhraseScan } from "./_guard_phrases.ts";
import { GuardrailError, type TextScan } from "./_guard_scan.ts";

/** Makes what looks through one part of an answer. */
export type BeginScan = () => TextScan;

/** A guardrail that looks through texts. */
export interface ScanningGuardrail {
  readonly type: "scan";
  readonly name: string;
  readonly on: GuardrailSide;
  /** Begins with one request, or one answer. */
  readonly begin: (side: "request" | "answer") => BeginScan;
  /** It counts what it looks at: each text may be shown to it once. */
  readonly counts?: true;
  /** Most tokens of a request. */
  readonly maxTokens?: number | undefined;
}

/** A guardrail as it is used. */
export type Guardrail =
  | ScanningGuardrail
  | PiiGuardrail
  | JsonSchemaGuardrail
  | WebhookGuardrail;

/** Makes guardrails of what the config says of them; what patterns need is loaded for them alone. */
export async function makeGuardrails(
  configs: readonly GuardrailConfig[],
  estimator: TokenEstimator,
): Promise<readonly Guardrail[]> {
  if (configs.some(({ type }) => type === "patterns")) await loadPatterns();
  return configs.map((config) => {
    switch (config.type) {
      case "deny":
        return denying(config);
      case "patterns":
        return matching(config);
      case "max":
        return bounding(config, estimator);
      default:
        return config;
    }
  });
}

function denying(
  { name, on, phrases, whole_words: wholeWords, mid_stream: midStream }:
    DenyGuardrail,
): ScanningGuardrail {
  const list = new PhraseList(phrases);
  return {
    type: "scan",
    name,
    on,
    begin: (side) => () =>
      new PhraseScan({
        list,
        wholeWords,
        refusal: () => new GuardrailError(name, side, { midStream }),
      }),
  };
}

function matching(
  { name, on, patterns: texts, window, mid_stream: midStream }:
    PatternsGuardrail,
): ScanningGuardrail {
  const patterns = compilePatterns(texts);
  return {
    type: "scan",
    name,
    on,
    begin: (side) => {
      const refusal = () => new GuardrailError(name, side, { midStream });
      return () =>
        side === "request"
          ? new WholePatternScan({ patterns, refusal })
          : new PatternScan({ patterns, window, refusal });
    },
  };
}

function bounding(
  { name, mid_stream: midStream, ...most }: MaxGuardrail,
  estimator: TokenEstimator,
): ScanningGuardrail {
  return {
    type: "scan",
    name,
    on: "both",
    counts: true,
    maxTokens: most.input_tokens,
    begin: (side) => {
      const isRequest = side === "request";
      const bound = new Bound({
        chars: (isRequest ? most.input_chars : most.output_chars) ?? Infinity,
        // Those of a request are estimated at once.
        tokens: isRequest ? Infinity : most.output_tokens ?? Infinity,
        estimator,
        refusal: () => new GuardrailError(name, side, { midStream }),
      });
      return () => bound.scan();
    },
  };
}

/** How many characters are estimated at a time. */
const PIECE = 256;

interface BoundOptions {
  readonly chars: number;
  readonly tokens: number;
  readonly estimator: TokenEstimator;
  readonly refusal: () => GuardrailError;
}

/** How long all texts together may be. */
class Bound {
  readonly #most: BoundOptions;
  #chars = 0;
  #tokens = 0;

  constructor(most: BoundOptions) {
    this.#most = most;
  }

  scan(): TextScan {
    let length = 0;
    let piece = "";
    const { chars, tokens, estimator, refusal } = this.#most;
    const count = (text: string): void => {
      if (text === "") return;
      const measure = measureRequest({ prompt: text });
      this.#tokens += estimator.estimate(measure, "").tokens;
      if (this.#tokens > tokens) throw refusal();
    };
    return {
      take: (text) => {
        length += text.length;
        this.#chars += text.length;
        if (this.#chars > chars) throw refusal();
        if (tokens !== Infinity) {
          piece += text;
          let at = 0;
          for (; piece.length - at >= PIECE; at += PIECE) {
            count(piece.slice(at, at + PIECE));
          }
          piece = piece.slice(at);
        }
        return length;
      },
      end: () => count(piece),
    };
  }
}
