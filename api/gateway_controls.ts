import type { ConfigStatus, ReloadResult } from "./config_life.ts";

/**
 * What of a gateway can be changed from outside while it runs.
 *
 * @example A config that is never read again
 * ```ts
 * import type { GatewayControls } from "@llm-proxy/api";
 *
 * const controls: GatewayControls = {};
 * ```
 */
export interface GatewayControls {
  /** The config file. @default {none} */
  readonly config?: {
    /** How it stands. */
    readonly status: ConfigStatus;
    /** Reads it again, and puts it in force where it has no faults. */
    reload(): Promise<ReloadResult>;
  };
}
