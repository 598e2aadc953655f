/** Most that one pause of the model `slow` lasts, in milliseconds. */
export const MAX_PAUSE = 60_000;

/** How the mock behaves, as the name of the model says. */
export type MockModel =
  | { readonly kind: "echo" | "lorem" | "tool" | "cut" | "embed" }
  | {
    readonly kind: "slow";
    /** Before the first token, in milliseconds. */
    readonly first: number;
    /** Between tokens, in milliseconds. */
    readonly gap: number;
  }
  | { readonly kind: "error"; readonly status: number };

const FIXED: ReadonlyMap<string, MockModel> = new Map([
  ["echo", { kind: "echo" }],
  ["lorem", { kind: "lorem" }],
  ["tool", { kind: "tool" }],
  ["slow", { kind: "slow", first: 1_000, gap: 100 }],
  ["cut", { kind: "cut" }],
  ["embed", { kind: "embed" }],
]);

/**
 * The models of the mock provider that have a name of their own; besides them
 * there are `slow-MS`, `slow-MS-MS` and `error-STATUS`.
 *
 * @example What an example may ask for
 * ```ts
 * import { mockModelNames } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * assert(mockModelNames.includes("echo"));
 * ```
 */
export const mockModelNames: readonly string[] = [...FIXED.keys()];

const SLOW = /^slow-(\d{1,9})(?:-(\d{1,9}))?$/;
const ERROR = /^error-([45]\d\d)$/;

/** Reads a model's name; `undefined` where there is no such model. */
export function mockModel(name: string): MockModel | undefined {
  const fixed = FIXED.get(name);
  if (fixed !== undefined) return fixed;
  const slow = SLOW.exec(name);
  if (slow !== null) {
    return {
      kind: "slow",
      first: Math.min(Number(slow[1]), MAX_PAUSE),
      gap: Math.min(Number(slow[2] ?? 100), MAX_PAUSE),
    };
  }
  const error = ERROR.exec(name);
  return error === null
    ? undefined
    : { kind: "error", status: Number(error[1]) };
}

/** The answer of `GET /models`: JSON. */
export function modelList(): string {
  const ids = [...FIXED.keys(), "error-429", "error-500"];
  return JSON.stringify({
    object: "list",
    data: ids.map((id) => ({
      id,
      object: "model",
      created: 0,
      owned_by: "llm-proxy",
    })),
  });
}

/**
 * Whether the mock provider has a model.
 *
 * @example One that waits, and one that is misspelt
 * ```ts
 * import { isMockModel } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isMockModel("slow-250"), true);
 * assertEquals(isMockModel("ecko"), false);
 * ```
 */
export function isMockModel(name: string): boolean {
  return mockModel(name) !== undefined;
}
