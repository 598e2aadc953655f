import { providerTypes } from "@llm-proxy/core";
import { type Data, listIn, mapIn } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";

/** Only who speaks OpenAI's dialect can be told by which of its APIs. */
export function checkWire(
  provider: Data,
  { path, problems }: {
    /** Where the provider is. */
    readonly path: PathProblem["path"];
    /** Where to note what is wrong. */
    readonly problems: PathProblem[];
  },
): void {
  const { type } = provider;
  const dialect = typeof type === "string"
    ? providerTypes.get(type)?.dialect
    : undefined;
  if (dialect === undefined) return;
  if (dialect === "openai_chat" && type !== "mock") return;
  const message = "Only a provider of OpenAI's dialect has this";
  const note = (data: Data, place: PathProblem["path"]): void => {
    if (data.wire_api === undefined) return;
    problems.push({ path: [...place, "wire_api"], key: true, message });
  };
  note(provider, path);
  for (const [at, model] of listIn(provider.models).entries()) {
    note(mapIn(model), [...path, "models", at]);
  }
}
