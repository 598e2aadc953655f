import type { CacheAdapter, OpenStateStore } from "@llm-proxy/context";
import type { Logger, Redactor } from "@llm-proxy/logging";
import type { GatewayControls } from "./gateway_controls.ts";

/** What a gateway is given besides its config. */
export interface GatewayOptions {
  readonly logger: Logger;
  /** What takes secrets out of all that is told. @default {one of its own} */
  readonly redactor?: Redactor | undefined;
  /** What a restart must not lose. @default {memory} */
  readonly state?: OpenStateStore | undefined;
  /** A directory of files for what must survive the process at once. @default {none} */
  readonly directory?: string | undefined;
  /** What of it can be changed from outside. @default {nothing} */
  readonly controls?: GatewayControls | undefined;
  /** What answers are kept in, where any are. @default {the built-in cache} */
  readonly cache?: CacheAdapter<unknown> | undefined;
}
