import { pathSegment } from "../../_path_segment.ts";

/**
 * The path of a model below a project's location (D28, D29): of a bare name
 * with its publisher before it, of an endpoint of one's own as it is. `@`,
 * which parts a Claude's name from its version, needs no escape.
 */
export function modelPath(model: string): string {
  const parts = model.replace(
    /^\/?(?:projects\/[^/]+\/locations\/[^/]+\/)?/,
    "",
  )
    .split("/");
  if (parts[0] === "endpoints" && parts.length === 2) {
    return `/endpoints/${escaped(parts[1])}`;
  }
  if (parts[0] === "publishers" && parts[2] === "models") {
    return `/publishers/${escaped(parts[1])}/models/${
      escaped(parts.slice(3).join("/"))
    }`;
  }
  const name = parts[0] === "models" ? parts.slice(1).join("/") : model;
  const publisher = name.startsWith("claude") ? "anthropic" : "google";
  return `/publishers/${publisher}/models/${escaped(name)}`;
}

/** Whether a model is a Claude, which speaks the Messages API there. */
export function isClaude(model: string): boolean {
  return modelPath(model).startsWith("/publishers/anthropic/");
}

function escaped(name = ""): string {
  return pathSegment(name).replaceAll("%40", "@");
}
