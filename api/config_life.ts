import type { Logger } from "@llm-proxy/logging";
import { createHash } from "node:crypto";
import { configChanges } from "./_config_changes.ts";
import { readConfigFile, readNamedFile } from "./_config_file.ts";
import { type Provenance, provenanceOf } from "./_config_provenance.ts";
import type { ConfigVersions } from "./_config_versions.ts";
import { variableOrCredential } from "./_credentials.ts";
import { loadPatternsFor } from "./_guard_patterns.ts";
import { formatFault, parseConfig } from "./config.ts";
import type { Config } from "./config_types.ts";

/**
 * What became of an attempt to read the config again: in force, with what
 * changed in words; or refused, with every fault, the old one still in force.
 *
 * @example Refused
 * ```ts
 * import type { ReloadResult } from "@llm-proxy/api";
 *
 * const result: ReloadResult = { ok: false, faults: ["config.yaml:1:1: Unknown key"] };
 * ```
 */
export type ReloadResult =
  | {
    readonly ok: true;
    readonly hash: string;
    readonly changes: readonly string[];
  }
  | { readonly ok: false; readonly faults: readonly string[] };

/**
 * How the config stands.
 *
 * @example Whether the file is in force as it is now
 * ```ts
 * import type { ConfigStatus } from "@llm-proxy/api";
 *
 * const isInForce = ({ last_error: error }: ConfigStatus): boolean => error === undefined;
 * ```
 */
export interface ConfigStatus {
  /** The file; absent where the environment decides. */
  readonly file?: string;
  /** The beginning of the SHA-256 of the text in force. */
  readonly hash: string;
  /** When it came in force, RFC 3339. */
  readonly loaded_at: string;
  /** How often it was read again, and how often in vain. */
  readonly reloads: { readonly ok: number; readonly failed: number };
  /** Why the file as it is now is not in force. */
  readonly last_error?: {
    readonly at: string;
    readonly faults: readonly string[];
  };
  /** Where each value in force comes from. */
  readonly values: Readonly<Record<string, Provenance>>;
  /** What the file says and only a restart brings in force. */
  readonly needs_restart: readonly string[];
}

/** What a config's life needs. */
export interface ConfigLifeOptions {
  readonly file: string;
  /** What is in force. */
  readonly config: Config;
  /** The text from which it was read. */
  readonly text: string;
  /** Paths of values that the command line decides. */
  readonly argued: readonly string[];
  /** Puts another in force, all of it or nothing; throws where it cannot be. */
  readonly apply: (config: Config) => void;
  readonly versions: ConfigVersions;
  readonly logger: Logger;
}

/** What is bound when the process starts. */
const FIXED = [
  "server.admin",
  "server.host",
  "server.port",
  "server.max_connections",
  "server.max_header_kb",
  "server.header_timeout",
  "server.body_timeout",
  "server.keep_alive_timeout",
  "server.shutdown_timeout",
  "logging.file",
  "logging.format",
  "logging.module",
  "logging.class",
  "logging.rotation",
  "state",
  "ledger.enabled",
  "ledger.journal",
  "ledger.retention_days",
  "telemetry",
];
/** So many faults are told and kept. */
const MAX_FAULTS = 20;

/**
 * The config while the service runs: it is read again when somebody says so,
 * checked as at the start, and put in force at once or not at all (F4). What
 * runs keeps what it began with.
 */
export class ConfigLife {
  readonly #options: ConfigLifeOptions;
  #config: Config;
  #hash: string;
  #loadedAt = Date.now();
  #ok = 0;
  #failed = 0;
  #lastError: ConfigStatus["last_error"];
  #text: string;
  /** The digest of what was read last, or why nothing was. */
  #seen: string;
  #needsRestart = new Set<string>();
  #running: Promise<ReloadResult> | undefined;
  #next: Promise<ReloadResult> | undefined;

  /** Begins with what is in force. */
  constructor(options: ConfigLifeOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#text = options.text;
    this.#seen = this.#hash = hashOf(options.text);
    this.#remember(options.text);
  }

  /** How the config stands. */
  get status(): ConfigStatus {
    return {
      file: this.#options.file,
      hash: this.#hash,
      loaded_at: new Date(this.#loadedAt).toISOString(),
      reloads: { ok: this.#ok, failed: this.#failed },
      ...this.#lastError && { last_error: this.#lastError },
      needs_restart: [...this.#needsRestart],
      values: provenanceOf(this.#config, {
        text: this.#text,
        argued: this.#options.argued,
      }),
    };
  }

  /** Whether the file says something else than when it was read last. */
  async hasNews(): Promise<boolean> {
    const read = await readConfigFile(this.#options.file);
    return ("message" in read ? read.message : hashOf(read.text)) !==
      this.#seen;
  }

  /**
   * Reads the file again. One runs at a time; whoever asks meanwhile shares
   * the one that follows, which sees what is written by then.
   */
  reload(): Promise<ReloadResult> {
    if (this.#running === undefined) return this.#begin();
    return this.#next ??= this.#running.then(() => this.#begin());
  }

  #begin(): Promise<ReloadResult> {
    this.#next = undefined;
    const running = this.#read().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return this.#running = running;
  }

  async #read(): Promise<ReloadResult> {
    const { file, logger, apply } = this.#options;
    const read = await readConfigFile(file);
    if ("message" in read) {
      this.#seen = read.message;
      return this.#refuse([`${file}: ${read.message}`]);
    }
    const hash = this.#seen = hashOf(read.text);
    await loadPatternsFor(read.text);
    const result = parseConfig(read.text, {
      file,
      env: variableOrCredential(),
      readText: readNamedFile,
    });
    if (!result.ok) return this.#refuse(result.faults.map(formatFault));
    const changes = configChanges(this.#config, result.config);
    try {
      apply(result.config);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return this.#refuse([`${file}: ${message}`]);
    }
    for (const { path } of changes) {
      const fixed = FIXED.find((it) =>
        path === it || path.startsWith(`${it}.`)
      );
      if (fixed !== undefined) this.#needsRestart.add(fixed);
    }
    this.#config = result.config;
    this.#text = read.text;
    this.#hash = hash;
    this.#loadedAt = Date.now();
    this.#ok++;
    this.#lastError = undefined;
    this.#remember(read.text);
    const texts = changes.map(({ text }) => text);
    logger.info("config reloaded", {
      hash,
      changes: texts.slice(0, MAX_FAULTS),
      ...this.#needsRestart.size > 0 &&
        { needs_restart: [...this.#needsRestart] },
    });
    return { ok: true, hash, changes: texts };
  }

  #refuse(all: readonly string[]): ReloadResult {
    const faults = all.slice(0, MAX_FAULTS);
    this.#failed++;
    this.#lastError = { at: new Date().toISOString(), faults };
    this.#options.logger.error("config refused, the old one stays in force", {
      faults,
    });
    return { ok: false, faults };
  }

  /** Off the way: a store that is slow or broken must not hold a reload up. */
  #remember(text: string): void {
    const { versions, logger } = this.#options;
    versions.add({ id: this.#hash, at: this.#loadedAt, text }).catch((cause) =>
      logger.warn("a config version was not kept", { cause })
    );
  }
}

/** The beginning of the SHA-256 of a config's text, as the versions are named. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
