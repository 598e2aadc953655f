import { type Data, listIn, mapIn } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";

const SUMMARIZE = "summarize";

/** Summaries need a model that makes them: without one turns would be left out, and nobody would notice. */
export function checkCondensing(root: Data, problems: PathProblem[]): void {
  const base = mapIn(root.condensation);
  const routes = listIn(root.routes).map((it) => mapIn(mapIn(it).condense));
  const isBaseMade = base.summary_model !== undefined ||
    // Then it is there for routes that name one.
    base.enabled !== true &&
      routes.some(({ summary_model: model }) => model !== undefined);
  const at = placeIn(base.strategies);
  if (at !== undefined && !isBaseMade) {
    problems.push({
      path: ["condensation", "strategies", at],
      message: "summarize needs condensation.summary_model beside it",
    });
  }
  routes.forEach((condense, index) => {
    const place = placeIn(condense.strategies);
    const model = condense.summary_model ?? base.summary_model;
    if (place === undefined || model !== undefined) return;
    problems.push({
      path: ["routes", index, "condense", "strategies", place],
      message:
        "summarize needs summary_model beside it, or condensation.summary_model",
    });
  });
}

function placeIn(strategies: unknown): number | undefined {
  const at = listIn(strategies).indexOf(SUMMARIZE);
  return at === -1 ? undefined : at;
}
