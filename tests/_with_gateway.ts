import {
  type Answering,
  type AnsweringUpstream,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";

/** A running gateway with the upstream behind it. */
export interface Running extends TestGateway {
  readonly upstream: AnsweringUpstream;
}

/** What a provider of the gateway is, besides its address. */
export interface GatewayOptions {
  /** The members of the provider's entry in the config. @default {"name: up, type: openai_compatible"} */
  readonly provider?: string;
  /** Where its API is at the upstream. @default {"/v1"} */
  readonly base?: string;
  /** Further sections of the config, YAML. */
  readonly config?: string;
}

/** The entry of a provider that speaks Anthropic's dialect. */
export const ANTHROPIC =
  "name: claude, type: anthropic, api_key: key-of-the-gateway-0000";

/** Runs a gateway before an upstream that answers this way, while `use` runs. */
export async function withGateway(
  {
    answer,
    provider = "name: up, type: openai_compatible",
    base = "/v1",
    config = "",
  }:
    & GatewayOptions
    & { readonly answer: Answering },
  use: (running: Running) => Promise<void>,
): Promise<void> {
  const upstream = startAnsweringUpstream(answer);
  const entry = `{${provider}, base_url: "${upstream.origin}${base}"}`;
  const gateway = await startGateway(
    `providers: [${entry}]\n${config}`,
  );
  try {
    await use({ ...gateway, upstream });
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

/** Runs a gateway with nothing but the mock provider, while `use` runs. */
export async function withMock(
  use: (gateway: TestGateway) => Promise<void>,
): Promise<void> {
  const gateway = await startGateway("providers: [{type: mock}]\n");
  try {
    await use(gateway);
  } finally {
    await gateway.close();
  }
}

/** The log's line of the request with this number, once it has been written. */
export async function logLine(
  { log }: Pick<TestGateway, "log">,
  number = 0,
): Promise<Record<string, unknown>> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const line = log[number];
    if (line !== undefined) return line;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`No line of request ${number} in the log`);
}
