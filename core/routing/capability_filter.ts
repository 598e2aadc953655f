import { describeEndpoint, servesEndpoint } from "../endpoint.ts";
import { capabilitiesOf, capabilityBits } from "./capability.ts";
import type { Deployment } from "./deployment.ts";
import type { Candidate } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";

/** Why a candidate is passed over, in a word for programs. */
export type SkipCode =
  | "tried"
  | "provider"
  | "endpoint"
  | "tags"
  | "capability"
  | "context_window"
  | "unavailable";

/** Why a candidate is passed over. */
export interface SkipReason {
  /** In a word for programs. */
  readonly code: SkipCode;
  /** In words for people. */
  readonly reason: string;
  /** The field of the request that it fails for, where that is not the model. */
  readonly param?: string;
  /** When it may be used again, on the plan's clock, in ms; where that is known. */
  readonly retryAt?: number;
  /** When it may be tried even before, because nothing else can be used. */
  readonly probeAt?: number;
}

const TRIED: SkipReason = {
  code: "tried",
  reason: "it was tried for this request already",
};

/** Finds out whether a candidate can serve a request, whatever its state. Made once per request. */
export class CapabilityFilter {
  readonly #request: RouteRequest;
  readonly #needs: number;
  readonly #tried: ReadonlySet<string> | undefined;

  /** Takes what the request needs, and the ids of what was tried for it. */
  constructor(request: RouteRequest, tried?: ReadonlySet<string>) {
    const { needs } = request;
    this.#request = request;
    this.#needs = needs === undefined ? 0 : capabilityBits(needs);
    this.#tried = tried;
  }

  /** Why it can't; `undefined` where it can. What is unknown of a deployment is allowed. */
  refuse(candidate: Candidate): SkipReason | undefined {
    const { deployment, provider } = candidate;
    if (this.#tried?.has(deployment.id)) return TRIED;
    const { tags, endpoint, provider: only, providerParam: param } =
      this.#request;
    if (only !== undefined && provider.name !== only) {
      const reason = `it is not at '${only}'`;
      return param === undefined
        ? { code: "provider", reason }
        : { code: "provider", reason: `${reason}, as '${param}' is`, param };
    }
    if (endpoint !== undefined && !servesEndpoint(provider, endpoint)) {
      const reason = `provider '${provider.name}' has no ${
        describeEndpoint(endpoint)
      }`;
      return { code: "endpoint", reason };
    }
    const missing = this.#needs & deployment.lacks;
    if (missing !== 0) {
      const words = capabilitiesOf(missing).join(", ");
      return { code: "capability", reason: `it can't do: ${words}` };
    }
    const { contextWindow } = deployment;
    const tokens = contextWindow === Infinity ? 0 : this.#tokensAt(candidate);
    if (tokens > contextWindow) {
      return {
        code: "context_window",
        reason:
          `about ${tokens} tokens are more than its context window of ${contextWindow}`,
      };
    }
    if (tags === undefined || tags.length === 0) return undefined;
    return refuseTags(tags, deployment);
  }

  #tokensAt(candidate: Candidate): number {
    const request = this.#request;
    const input = request.inputTokensAt?.(candidate) ??
      request.inputTokens ?? 0;
    return input + (request.outputTokens ?? 0);
  }
}

function refuseTags(
  tags: readonly string[],
  deployment: Deployment,
): SkipReason | undefined {
  const absent = tags.filter((tag) => !deployment.tags.includes(tag));
  if (absent.length === 0) return undefined;
  return { code: "tags", reason: `it has no tag: ${clip(absent)}` };
}

/** Tags may be a caller's words. */
function clip(words: readonly string[]): string {
  return words.slice(0, 8).map((word) => word.slice(0, 64)).join(", ");
}
