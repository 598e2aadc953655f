import { type Data, listIn, mapIn, repeatedIn } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";
import { formatPath } from "./_config_path.ts";
import { patternFault, schemaPatternFault } from "./_guard_patterns.ts";
import { patternsIn } from "./_linear_schema.ts";

/** What spans several guardrails, and what patterns are. */
export function checkGuardrails(root: Data, problems: PathProblem[]): void {
  const entries = listIn(root.guardrails).map(mapIn);
  const names = entries.map(({ name }) => name);
  for (const index of repeatedIn(names)) {
    problems.push({
      path: ["guardrails", index, "name"],
      message: "guardrails holds this name already",
    });
  }
  const known = new Set(names);
  const check = (list: unknown, path: PathProblem["path"]): void => {
    listIn(list).forEach((name, at) => {
      if (typeof name !== "string" || known.has(name)) return;
      const place = [...path, at];
      problems.push({
        path: place,
        message: `${formatPath(place)} names no guardrail of guardrails`,
      });
    });
  };
  check(root.default_guardrails, ["default_guardrails"]);
  listIn(root.routes).forEach((route, index) =>
    check(mapIn(route).guardrails, ["routes", index, "guardrails"])
  );
  entries.forEach((entry, index) => {
    if (entry.type === "patterns") {
      listIn(entry.patterns).forEach((pattern, at) => {
        const fault = typeof pattern === "string"
          ? patternFault(pattern)
          : undefined;
        if (fault === undefined) return;
        const path = ["guardrails", index, "patterns", at];
        problems.push({
          path,
          message: `${formatPath(path)} cannot be used as a pattern: ${fault}`,
        });
      });
    }
    if (entry.type === "json_schema") {
      for (const { path: at, pattern } of patternsIn(entry.schema)) {
        const fault = schemaPatternFault(pattern);
        if (fault === undefined) continue;
        const path = ["guardrails", index, "schema", ...at];
        problems.push({
          path,
          message: `${formatPath(path)} cannot be used as a pattern: ${fault}`,
        });
      }
    }
    const bounds = [
      "input_chars",
      "input_tokens",
      "output_chars",
      "output_tokens",
    ];
    if (entry.type === "max" && bounds.every((it) => entry[it] === undefined)) {
      problems.push({
        path: ["guardrails", index],
        message: `guardrails[${index}] does nothing without one of ${
          bounds.join(", ")
        }`,
      });
    }
  });
}
