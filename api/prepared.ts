import type { EncodedRequest, PassedRequest } from "@llm-proxy/core";
import type { Translation } from "@llm-proxy/core/dialects";

/** What an attempt needs of a request that is ready for a deployment. */
export interface Prepared {
  /** What goes to the provider. */
  readonly request: EncodedRequest | PassedRequest;
  /** What an answer with an error status means. */
  readonly error: Translation["error"];
  /** Which statuses are no error's. @default {200 alone} */
  readonly accepts?: (status: number) => boolean;
}
