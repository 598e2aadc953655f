import type { StateStore } from "@llm-proxy/context";
import type { Logger, Redactor } from "@llm-proxy/logging";
import { secretsOf } from "./_config_secret_list.ts";
import { ConfigVersions } from "./_config_versions.ts";
import { ConfigLife } from "./config_life.ts";
import type { Config } from "./config_types.ts";
import type { ServiceManager } from "./_service_manager.ts";
import { watchFile } from "./_watch_file.ts";

/** What a config that changes needs of the service. */
export interface LiveConfigOptions {
  readonly file: string;
  readonly text: string;
  readonly config: Config;
  readonly argued: readonly string[];
  /** Puts another in force, or throws. */
  readonly apply: (config: Config) => void;
  readonly state: StateStore;
  readonly logger: Logger;
  readonly redactor: Redactor;
}

/** The config file while the service runs. */
export class LiveConfig {
  readonly life: ConfigLife;
  readonly #file: string;
  #manager: ServiceManager | undefined;
  #unwatch: () => void = () => {};
  readonly #reread = (): void => void this.#reload();

  /** Knows the secrets of whatever comes before any of it is in force. */
  constructor({ state, redactor, apply, ...options }: LiveConfigOptions) {
    this.#file = options.file;
    let known: readonly string[] = secretsOf(options.config);
    this.life = new ConfigLife({
      ...options,
      versions: new ConfigVersions(state),
      apply: (config) => {
        const secrets = secretsOf(config);
        for (const secret of secrets) redactor.add(secret);
        try {
          apply(config);
        } catch (error) {
          for (const secret of secrets) redactor.remove(secret);
          throw error;
        }
        for (const secret of known) redactor.remove(secret);
        known = secrets;
        options.logger.level = config.logging.level;
      },
    });
  }

  /** From now on the file is read again when it changes, and at SIGHUP. */
  follow(manager: ServiceManager): void {
    this.#manager = manager;
    this.#unwatch = watchFile(this.#file, async () => {
      if (await this.life.hasNews()) this.#reread();
    });
    if (Deno.build.os !== "windows") {
      Deno.addSignalListener("SIGHUP", this.#reread);
    }
  }

  /** Follows no longer. */
  stop(): void {
    this.#unwatch();
    if (Deno.build.os !== "windows") {
      Deno.removeSignalListener("SIGHUP", this.#reread);
    }
  }

  async #reload(): Promise<void> {
    await this.#manager?.tell({ state: "reloading" });
    await this.life.reload();
    await this.#manager?.tell({ state: "ready" });
  }
}

/** Made by a function, so that whoever has no file loads nothing of it. */
export function followConfig(options: LiveConfigOptions): LiveConfig {
  return new LiveConfig(options);
}
