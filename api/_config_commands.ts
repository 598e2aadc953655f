import type { CliInput } from "./_cli.ts";
import { configChanges } from "./_config_changes.ts";
import { ConfigVersions } from "./_config_versions.ts";
import { hashOf } from "./config_life.ts";
import type { Config } from "./config_types.ts";
import { variableOrCredential } from "./_credentials.ts";
import { defaultConfig } from "./default_config.ts";
import { configFile, load, type Loaded } from "./_load_config.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";
import { withState } from "./_with_state.ts";

/** `plan`: says in words what another config would change. */
export async function plan({ values, switches }: CliInput): Promise<number> {
  const next = values.get("config");
  if (next === undefined) {
    return tell("llm-proxy: plan needs --config NEW", USAGE);
  }
  const loaded = await load(configFile(next) ?? next);
  if (typeof loaded === "number") return loaded;
  const before = await current(values.get("from"));
  if (typeof before === "number") return before;
  const changes = configChanges(before, loaded.config).map(({ text }) => text);
  return print(
    switches.has("json")
      ? `${JSON.stringify(changes, null, 2)}\n`
      : `${changes.join("\n") || "no change"}\n`,
  );
}

/** `apply`: checks another config and puts it in the place of the one in force. */
export async function apply({ values, switches }: CliInput): Promise<number> {
  const next = values.get("config");
  const target = values.get("to") ?? Deno.env.get("LLM_PROXY_CONFIG");
  if (next === undefined || target === undefined) {
    return tell(
      "llm-proxy: apply needs --config NEW and --to FILE (or LLM_PROXY_CONFIG)",
      USAGE,
    );
  }
  const loaded = await load(configFile(next) ?? next);
  if (typeof loaded === "number") return loaded;
  return await put(configFile(target) ?? target, {
    text: loaded.text ?? "",
    asJson: switches.has("json"),
  });
}

/** `history`: lists the configs that were in force. */
export async function history({ values, switches }: CliInput): Promise<number> {
  return await withVersions(values, async (versions) => {
    const list = await versions.list();
    if (switches.has("json")) {
      const rows = list.map(({ id, at }) => ({ id, at: new Date(at) }));
      return print(`${JSON.stringify(rows, null, 2)}\n`);
    }
    const lines = list.map(({ id, at }, index) =>
      `${id}  ${new Date(at).toISOString()}${index === 0 ? "  in force" : ""}`
    );
    return print(`${lines.join("\n") || "no versions yet"}\n`);
  });
}

/** `rollback`: puts a config that was in force back in its file. */
export async function rollback(
  { values, switches, words: [id] }: CliInput,
): Promise<number> {
  const target = values.get("to") ?? Deno.env.get("LLM_PROXY_CONFIG");
  if (target === undefined) {
    return tell(
      "llm-proxy: rollback needs --to FILE (or LLM_PROXY_CONFIG)",
      USAGE,
    );
  }
  return await withVersions(values, async (versions) => {
    const list = await versions.list();
    const wanted = id === undefined ? list[1] : await versions.find(id);
    if (wanted === undefined) {
      return tell(
        `llm-proxy: there is no version ${
          id ?? "before the one in force"
        } (see 'llm-proxy history')`,
        FAULT,
      );
    }
    return await put(configFile(target) ?? target, {
      text: wanted.text,
      asJson: switches.has("json"),
    });
  });
}

/** The config of a file; else of the file in force; else what there is without one. */
async function current(from: string | undefined): Promise<Config | number> {
  const file = configFile(from);
  if (file === undefined) return defaultConfig({ env: variableOrCredential() });
  const loaded: Loaded | number = await load(file);
  return typeof loaded === "number" ? loaded : loaded.config;
}

/** Replaces a file as a whole; a service that follows it reads it at once. */
async function put(
  target: string,
  { text, asJson }: { readonly text: string; readonly asJson: boolean },
): Promise<number> {
  const beside = `${target}.${Deno.pid}.new`;
  try {
    const mode = (await Deno.stat(target).catch(() => undefined))?.mode ??
      0o600;
    await Deno.writeTextFile(beside, text, { mode: mode & 0o777 });
    await Deno.rename(beside, target);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    const message = error instanceof Error ? error.message : String(error);
    return tell(
      `llm-proxy: cannot write ${target}: ${message.split("\n")[0]}`,
      FAULT,
    );
  }
  const hash = hashOf(text);
  return print(
    asJson
      ? `${JSON.stringify({ file: target, hash }, null, 2)}\n`
      : `${target} is now ${hash}; a running service reads it by itself\n`,
  );
}

function withVersions(
  values: CliInput["values"],
  use: (versions: ConfigVersions) => Promise<number>,
): Promise<number> {
  return withState(values, (store) => use(new ConfigVersions(store)));
}
