import { type Data, listIn, mapIn } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";

/** Which types of faults a setting belongs to. */
const OWNERS: readonly (readonly [string, readonly string[]])[] = [
  ["delay", ["delay", "timeout"]],
  ["status", ["error"]],
  ["retry_after", ["rate_limit"]],
  ["after_events", ["cut_stream"]],
];

/** Faults must be wanted in so many words, and each of their settings must do something. */
export function checkChaos(root: Data, problems: PathProblem[]): void {
  const { enabled, faults: entries } = mapIn(root.chaos_engineering);
  const faults = listIn(entries);
  const path = ["chaos_engineering", "faults"];
  if (faults.length > 0 && (enabled === undefined || enabled === false)) {
    const message =
      "Faults are refused unless chaos_engineering.enabled is true: take them out, or say so";
    problems.push({ path, key: true, message });
  }
  const providers = new Set(
    listIn(root.providers).map((entry) =>
      mapIn(entry).name ?? mapIn(entry).type
    ),
  );
  faults.forEach((entry, index) => {
    const fault = mapIn(entry);
    const { type, match } = fault;
    if (type === "delay" && fault.delay === undefined) {
      problems.push({
        path: [...path, index, "delay"],
        message: "A fault of type delay needs a delay",
      });
    }
    for (const [key, types] of OWNERS) {
      if (fault[key] === undefined || types.includes(String(type))) continue;
      const message = `${key} belongs to faults of type ${types.join(" or ")}`;
      problems.push({ path: [...path, index, key], key: true, message });
    }
    const { provider } = mapIn(match);
    if (typeof provider === "string" && !providers.has(provider)) {
      problems.push({
        path: [...path, index, "match", "provider"],
        message: "No provider has this name",
      });
    }
  });
}
