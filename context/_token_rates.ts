import type { MeasuredImage, TokenMeasure } from "./token_measure.ts";

/** The encodings that are counted exactly. */
export type EncodingName = "o200k_base" | "cl100k_base";

/** How the tokenizer of a family of models counts. Rates are tokens for a character. */
export interface TokenFamily {
  readonly name: string;
  /** The encoding, where it is public. */
  readonly encoding?: EncodingName;
  readonly letters: number;
  readonly digits: number;
  readonly marks: number;
  readonly latin: number;
  readonly alphabetic: number;
  readonly wide: number;
  /** For a turn, a call, a result. */
  readonly frame: number;
  /** For what stands before the answer. */
  readonly answer: number;
  /** For a tool besides its words, and for having any. */
  readonly tool: number;
  readonly toolbox: number;
  readonly image: (image: MeasuredImage, model: string) => number;
}

/** What is supposed of a picture whose size is unknown, in pixels. */
const USUAL_SIDE = 1024;
/** Characters of base64 of a document or a sound for a token, by and large. */
const MEDIA_PER_TOKEN = 32;

/** Least squares over prose, code and JSON in a dozen languages, held against the encoding itself. */
const RATES = {
  letters: 0.21,
  digits: 0.55,
  marks: 0.55,
  latin: 0.45,
  alphabetic: 0.29,
  wide: 0.68,
  frame: 4,
  answer: 3,
  tool: 8,
  toolbox: 9,
  image: openAiImage,
} as const;

/** OpenAI writes a tool with fewer words than its schema has, by what it reports. */
const OPENAI_TOOL = -1;

const O200K: TokenFamily = {
  ...RATES,
  name: "o200k",
  encoding: "o200k_base",
  tool: OPENAI_TOOL,
};

/** Models that think begin their answers with one token less, by what OpenAI reports. */
const O200K_THINKING: TokenFamily = { ...O200K, answer: 2 };

const CL100K: TokenFamily = {
  ...RATES,
  name: "cl100k",
  encoding: "cl100k_base",
  tool: OPENAI_TOOL,
  latin: 1,
  alphabetic: 0.75,
  wide: 0.95,
};

/** Anthropic tells 3.5 characters of English for a token, and what the tools of a request begin with. */
const ANTHROPIC: TokenFamily = {
  ...RATES,
  name: "anthropic",
  letters: 0.25,
  digits: 0.6,
  marks: 0.65,
  latin: 0.7,
  alphabetic: 0.6,
  wide: 0.95,
  toolbox: 330,
  image: anthropicImage,
};

/** Google tells 4 characters for a token. */
const GEMINI: TokenFamily = {
  ...RATES,
  name: "gemini",
  letters: 0.22,
  digits: 0.9,
  frame: 2,
  toolbox: 0,
  image: geminiImage,
};

const OTHER: TokenFamily = {
  ...RATES,
  name: "other",
  letters: 0.22,
  latin: 0.6,
  alphabetic: 0.5,
  wide: 0.8,
};

/** By how a model's name begins, what stands before it left out; the first that fits. */
const FAMILIES: readonly (readonly [RegExp, TokenFamily])[] = [
  [/^(gpt-5(?!-chat)|codex|computer-use|o\d)/, O200K_THINKING],
  [
    /^(gpt-5|gpt-4o|gpt-4\.|gpt-oss|gpt-image|gpt-audio|gpt-realtime|chatgpt)/,
    O200K,
  ],
  [/^(gpt-4|gpt-3\.5|gpt-35|text-embedding)/, CL100K],
  [/claude/, ANTHROPIC],
  [/^(gemini|gemma)/, GEMINI],
];

/** What stands before a name that is tuned, or another cloud's. */
const PREFIX = /^(ft:|openai\.)/;

/** The family of a model, by its name. */
export function familyOf(model: string): TokenFamily {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase()
    .replace(PREFIX, "");
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? OTHER;
}

/** How many tokens what was measured makes, by the rules of a model's family. */
export function tokensBy(measure: TokenMeasure, model: string): number {
  const family = familyOf(model);
  let tokens = measure.letters * family.letters +
    measure.digits * family.digits + measure.marks * family.marks +
    measure.latin * family.latin + measure.alphabetic * family.alphabetic +
    measure.wide * family.wide + measure.frames * family.frame +
    measure.mediaChars / MEDIA_PER_TOKEN;
  if (measure.tools > 0) tokens += family.toolbox + measure.tools * family.tool;
  for (const image of measure.images) tokens += family.image(image, model);
  return tokens;
}

/** What models look at in patches of 32 pixels take for a patch. */
const PATCHES: readonly (readonly [RegExp, number])[] = [
  [/(gpt-4\.1|gpt-5)[\w.]*-mini/, 1.62],
  [/(gpt-4\.1|gpt-5)[\w.]*-nano/, 2.46],
  [/o4-mini/, 1.72],
];
/** What the others take for a picture, and for each tile of 512 pixels. */
const TILES: readonly (readonly [RegExp, number, number])[] = [
  [/gpt-4o-mini/, 2833, 5667],
  [/gpt-5/, 70, 140],
  [/^o\d/, 75, 150],
];
const MAX_PATCHES = 1536;

/** OpenAI's rules: patches, or tiles after a scaling into 2048 by 2048 and to 768 on the shorter side. */
function openAiImage(image: MeasuredImage, model: string): number {
  const { width, height } = sized(image);
  const patch = PATCHES.find(([pattern]) => pattern.test(model));
  if (patch !== undefined) {
    const patches = Math.ceil(width / 32) * Math.ceil(height / 32);
    return Math.min(patches, MAX_PATCHES) * patch[1];
  }
  const [, base, tile] = TILES.find(([pattern]) => pattern.test(model)) ??
    [/./, 85, 170];
  if (image.isLow) return base;
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
  return base + tile * Math.ceil(width * scale / 512) *
      Math.ceil(height * scale / 512);
}

/** Anthropic's rule: the pixels by 750, once the longer side is 1568 at most. */
function anthropicImage(image: MeasuredImage): number {
  const { width, height } = sized(image);
  const scale = Math.min(1, 1568 / Math.max(width, height));
  return Math.min(1600, Math.ceil(width * height * scale * scale / 750));
}

/** Google's rule: 258 for a small picture, and for each tile of 768 pixels of a larger one. */
function geminiImage(image: MeasuredImage): number {
  const { width, height } = sized(image);
  if (width <= 384 && height <= 384) return 258;
  return 258 * Math.ceil(width / 768) * Math.ceil(height / 768);
}

function sized({ width, height }: MeasuredImage): MeasuredImage {
  return width > 0 && height > 0
    ? { width, height, isLow: false }
    : { width: USUAL_SIDE, height: USUAL_SIDE, isLow: false };
}
