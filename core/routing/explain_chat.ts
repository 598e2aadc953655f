import { CLIENTS } from "../_dialect_table.ts";
import { loadDialectsOf } from "../_load_dialects.ts";
import type { JsonDocument } from "../json_document.ts";
import { type Loss, LossReport } from "../loss_report.ts";
import type { Provider } from "../provider.ts";
import { translateChat } from "../translation.ts";
import { upstreamRequest } from "../upstream_request.ts";
import { chatRequestFacts, type InputSize } from "./chat_request_facts.ts";
import {
  type ExplainContext,
  explainPlan,
  type RouteExplanation,
} from "./explain_route.ts";
import { planRoute } from "./plan_route.ts";
import type { RouteRequest } from "./route_request.ts";

/** What a request is explained on. */
export interface ExplainChatContext extends ExplainContext {
  /** What routing knows of the request besides its body, or goes by in its place. @default {{}} */
  readonly request?: Partial<RouteRequest>;
  /** How long the input is. @default {a rough and low estimate} */
  readonly size?: InputSize;
}

/** The request that would go out first: plain data, fit for JSON. */
export interface ExplainedUpstreamRequest {
  /** The id of the deployment. */
  readonly deployment: string;
  /** The HTTP method. */
  readonly method: string;
  /** The address; user, password and query values of the config are not shown. */
  readonly url: string;
  /**
   * Lower-case names. The values of the provider's own headers read
   * `[redacted]`, unless they can't hold a credential. What the transport adds,
   * `host` and the framing, is missing.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, byte for byte. */
  readonly body: string;
  /** What the translation could not carry over. */
  readonly losses: readonly Loss[];
}

/** What would be done with a chat completion request: plain data, fit for JSON. */
export interface ChatExplanation extends RouteExplanation {
  /** What the first candidate would be sent, or the last resort; `null` where there is neither. */
  readonly upstream: ExplainedUpstreamRequest | null;
}

/** Stands in the place of what must not be shown. */
const REDACTED = "[redacted]";

/** The headers of a provider that are the same for everybody. */
const HARMLESS: ReadonlySet<string> = new Set([
  "anthropic-version",
  "anthropic-beta",
]);

/**
 * Explains what would be done with a chat completion request in OpenAI's
 * dialect, without calling or changing anything: all that
 * `explainRoute` tells, and the exact request that would be sent.
 * No credential is in it; the caller's words are.
 *
 * @throws {GatewayError} where the request itself would be refused: 404
 * `model_not_found`, or a field that the provider's dialect can't carry.
 *
 * @example The request that the first candidate would be sent
 * ```ts
 * import { parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { buildRouteTable, DeploymentStates, explainChat } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({
 *   name: "acme",
 *   type: "openai_compatible",
 *   baseUrl: "https://llm.acme.example/v1",
 *   apiKey: "a-secret-of-acme",
 * });
 * const built = buildRouteTable([], { providers: [{ provider }] });
 * assert(built.ok);
 * const body = `{"model":"acme/m","messages":[{"role":"user","content":"hi"}]}`;
 * const { upstream } = await explainChat(
 *   parseJsonDocument(new TextEncoder().encode(body)),
 *   { table: built.table, states: new DeploymentStates(), now: 0 },
 * );
 * assertEquals(upstream?.url, "https://llm.acme.example/v1/chat/completions");
 * assertEquals(upstream?.headers.authorization, "[redacted]");
 * assertEquals(upstream?.body, body.replace("acme/m", "m"));
 * factory.close();
 * ```
 */
export async function explainChat(
  document: JsonDocument,
  context: ExplainChatContext,
): Promise<ChatExplanation> {
  const request: RouteRequest = Object.assign(
    chatRequestFacts(document, { size: context.size }),
    context.request,
  );
  const plan = planRoute(request, context);
  const explanation = explainPlan(plan, { request, context });
  const candidate = plan.candidates[0] ?? plan.lastResort?.candidate;
  if (candidate === undefined) return { ...explanation, upstream: null };
  const { provider, deployment: { id } } = candidate;
  const losses = new LossReport();
  await Promise.all([
    CLIENTS.load("openai_chat"),
    loadDialectsOf(candidate),
  ]);
  const translation = translateChat(document, {
    deployment: candidate,
    stream: document.value.stream === true,
    // A matter of the answer alone.
    includeUsage: false,
    losses,
  });
  const { method, headers, body } = upstreamRequest(
    provider,
    translation.request,
  );
  return {
    ...explanation,
    upstream: {
      deployment: id,
      method,
      url: withoutSecrets(provider.baseUrl) + translation.request.path,
      headers: redacted(headers, provider),
      body,
      losses: losses.losses,
    },
  };
}

function redacted(
  headers: Readonly<Record<string, string>>,
  { headers: own }: Pick<Provider, "headers">,
): Record<string, string> {
  const isSecret = (name: string): boolean =>
    Object.hasOwn(own, name) && !HARMLESS.has(name);
  return Object.fromEntries(
    Object.entries(headers).map((
      [name, value],
    ) => [name, isSecret(name) ? REDACTED : value]),
  );
}

/** An address from the config without what it may hold of secrets. */
function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, `//${REDACTED}@`)
    .replace(/([?&][^=&#]*=)[^&#]*/g, `$1${REDACTED}`);
}
