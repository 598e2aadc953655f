import { checkOrder, listIn, mapIn, repeatedIn } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";

/** What spans several keys of a route. Where routes lead is found out by building them. */
export function checkRoutes(
  entries: readonly unknown[],
  problems: PathProblem[],
): void {
  entries.forEach((entry, index) => {
    const route = mapIn(entry);
    const { sticky } = route;
    const { header, prefix } = mapIn(sticky);
    const isMap = typeof sticky === "object" && sticky !== null;
    if (isMap && header === undefined && (prefix ?? false) === false) {
      problems.push({
        path: ["routes", index, "sticky"],
        key: true,
        message: "sticky does nothing without header or prefix: true",
      });
    }
    checkOrder(mapIn(route.hedge), {
      problems,
      path: ["routes", index, "hedge", "min_delay", "max_delay"],
    });
    for (const at of repeatedIn(listIn(route.match))) {
      const path = ["routes", index, "match", at];
      problems.push({ path, message: "match holds this name already" });
    }
  });
}
