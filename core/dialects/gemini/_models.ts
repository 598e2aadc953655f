/** A level of thinking, from the least. */
export type ThinkingLevel = "MINIMAL" | "LOW" | "MEDIUM" | "HIGH";

/** How much a model's thinking can be steered: by levels, by a budget in tokens, or not at all. */
export type Thinking =
  | { readonly by: "nothing" }
  | { readonly by: "level"; readonly levels: readonly ThinkingLevel[] }
  | {
    readonly by: "budget";
    readonly min: number;
    readonly max: number;
    /** Whether a budget of 0 switches thinking off. */
    readonly stoppable: boolean;
  };

/** What a family of models accepts. */
export interface ModelTraits {
  readonly thinking: Thinking;
  /**
   * Since Gemini 3: wants its thought signatures back, takes media in tool
   * results and a form of the answer beside tools.
   */
  readonly isThird: boolean;
}

const NO_THINKING: Thinking = { by: "nothing" };
const LOW_HIGH: Thinking = { by: "level", levels: ["LOW", "HIGH"] };
const LOW_UP: Thinking = { by: "level", levels: ["LOW", "MEDIUM", "HIGH"] };
const ALL_LEVELS: Thinking = {
  by: "level",
  levels: ["MINIMAL", "LOW", "MEDIUM", "HIGH"],
};
const PRO_2_5: Thinking = {
  by: "budget",
  min: 128,
  max: 32_768,
  stoppable: false,
};
const FLASH_2_5: Thinking = {
  by: "budget",
  min: 1,
  max: 24_576,
  stoppable: true,
};
const LITE_2_5: Thinking = { ...FLASH_2_5, min: 512 };

const OTHER: ModelTraits = { thinking: NO_THINKING, isThird: false };
/** A Gemini that the name does not date is most likely a new one. */
const NEWEST: ModelTraits = { thinking: LOW_UP, isThird: true };

const NAME = /gemini-(?:(\d{1,2})(?:\.(\d{1,2}))?-)?([a-z]+(?:-lite)?)/;

/**
 * The traits of a model by its name, which may carry a collection before it
 * and a date or word behind it: `models/gemini-2.5-flash-preview-09-2025`.
 */
export function modelTraits(model: string): ModelTraits {
  const found = NAME.exec(model.slice(0, 128).toLowerCase());
  if (found === null) return OTHER;
  const [, major, minor = "0", kind = ""] = found;
  if (major === undefined) return NEWEST;
  const version = Number(major) + Number(minor) / 100;
  if (version < 2.05) return OTHER;
  if (version < 3) return { thinking: budgetOf(kind), isThird: false };
  return { thinking: levelsOf(kind, version), isThird: true };
}

function budgetOf(kind: string): Thinking {
  if (kind === "pro") return PRO_2_5;
  return kind === "flash-lite" ? LITE_2_5 : FLASH_2_5;
}

function levelsOf(kind: string, version: number): Thinking {
  switch (kind) {
    case "pro":
      return version === 3 ? LOW_HIGH : LOW_UP;
    case "flash":
      return version < 3.07 ? ALL_LEVELS : LOW_UP;
    case "flash-lite":
      return ALL_LEVELS;
  }
  return LOW_UP;
}
