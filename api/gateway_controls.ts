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
  /** The processes of a service of several, this one among them. @default {it is the only one} */
  readonly workers?: WorkerGroup;
}

/**
 * The processes of a service that has several on one port: whichever of them is
 * asked for metrics tells those of all.
 *
 * @example A worker that is alone
 * ```ts
 * import type { WorkerGroup } from "@llm-proxy/api";
 *
 * const group: WorkerGroup = {
 *   number: 1,
 *   answerBy: () => {},
 *   ask: () => Promise.resolve([]),
 * };
 * ```
 */
export interface WorkerGroup {
  /** Which of them this one is, from 1 on. */
  readonly number: number;
  /** Has this one's answers given by a function. */
  answerBy(answer: (question: string) => string): void;
  /** The answers of those others that give one within a second. */
  ask(question: string): Promise<string[]>;
}
