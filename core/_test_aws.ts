/**
 * For tests only, never published: Amazon's own client.
 *
 * @module
 */

import { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** A client of Bedrock that asks the upstream at `origin`, once for each request. */
export function bedrockSdk(
  origin: string,
  credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  } = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: "eu-west-1",
    endpoint: origin,
    credentials,
    // HTTP/1.1, and no question to the system about its name.
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: false } }),
    defaultUserAgentProvider: () => Promise.resolve([["test", "1"]]),
    maxAttempts: 1,
  });
}
