import type { EndpointName } from "../endpoint.ts";
import type { Capability } from "./capability.ts";
import type { Destination } from "./route.ts";

/** What routing knows of a request. Only `model` is needed; what is absent is unknown. */
export interface RouteRequest {
  /** The model as the caller named it, or a fallback of a plan. */
  readonly model: string;
  /** The only provider that will do, by its name. */
  readonly provider?: string;
  /** The field of the request that says so, for messages. @default {the model} */
  readonly providerParam?: string;
  /** What its provider must serve. Absent: conversations. */
  readonly endpoint?: EndpointName;
  /** What a model must be able to do for it; `streaming` where a stream is wanted, which is timed by its first token. */
  readonly needs?: readonly Capability[];
  /**
   * The tokens of the input. Deployments are refused by it, so estimate low:
   * one whose window is nearly large enough may then judge itself.
   */
  readonly inputTokens?: number;
  /**
   * The same for one model, for models count differently; asked where its window
   * is known, and counts before `inputTokens` there.
   */
  readonly inputTokensAt?: (destination: Destination) => number;
  /** The most tokens of the answer that the caller asked for. */
  readonly outputTokens?: number | undefined;
  /** A deployment must have all of these tags. */
  readonly tags?: readonly string[];
  /** Gives a header of the request by its lower-case name; asked where a route sticks to one. */
  readonly header?: (name: string) => string | undefined;
  /**
   * A hash of the conversation's first words, with {@linkcode prefixHash}. It
   * is read only where a route asks for it, so it may be a getter.
   */
  readonly prefix?: number | undefined;
  /** Who asks, a key or an end user: stays in the same arm of an experiment. */
  readonly subject?: string;
  /** Whether a flag of the operator's is on for the request; without it none is. */
  readonly isOn?: (flag: string) => boolean;
  /** An id of the request: decides alike, however often it is asked, whether a shadow copy goes out. */
  readonly id?: string;
}
