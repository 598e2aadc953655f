import { openStateStore, type StateStore } from "@llm-proxy/context";
import type { CliInput } from "./_cli.ts";
import { variableOrCredential } from "./_credentials.ts";
import { defaultConfig } from "./default_config.ts";
import { mayKeepFiles, statePlace } from "./_state_place.ts";
import { FAULT, tell } from "./_terminal.ts";

/** Opens the state that `--state` or the environment names, while `use` runs. */
export async function withState(
  values: CliInput["values"],
  use: (store: StateStore) => Promise<number>,
): Promise<number> {
  const place = statePlace({
    option: values.get("state"),
    env: variableOrCredential(),
    config: defaultConfig({ env: () => undefined }).state,
    mayWrite: mayKeepFiles,
  });
  if (typeof place === "string") return tell(`llm-proxy: ${place}`, FAULT);
  if (place.location.type === "memory") {
    return tell(
      "llm-proxy: state in memory is nobody else's: name another with --state",
      FAULT,
    );
  }
  const store = await openStateStore(place.location, {
    onAlarm: ({ type, ...fields }) => {
      if (type === "unchecked") return;
      tell(`llm-proxy: state ${type}: ${JSON.stringify(fields)}`, FAULT);
    },
  });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
