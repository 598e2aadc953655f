import { type Data, listIn, mapIn } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";
import { formatPath } from "./_config_path.ts";

/** A flag that there is none of is always off, which nobody means. */
export function checkFlags(root: Data, problems: PathProblem[]): void {
  const flags = mapIn(root.feature_flags);
  const check = (data: unknown, path: PathProblem["path"]): void => {
    const { flag } = mapIn(data);
    if (typeof flag !== "string" || Object.hasOwn(flags, flag)) return;
    const place = [...path, "flag"];
    problems.push({
      path: place,
      message: `${formatPath(place)} names no flag of feature_flags`,
    });
  };
  listIn(root.routes).forEach((route, index) => {
    const { arms, shadow } = mapIn(route);
    check(shadow, ["routes", index, "shadow"]);
    listIn(arms).forEach((arm, at) =>
      check(arm, ["routes", index, "arms", at])
    );
  });
}
