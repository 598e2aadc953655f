/**
 * The parts of an LLM gateway that know providers: a canonical vocabulary,
 * dialects that translate to and from it, providers, and an HTTP client made
 * for long streams.
 *
 * @example From a request in OpenAI's dialect to an answer
 * ```ts
 * import { Attempt, collectBody, LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { translateChat } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const ask = `{"model":"echo","messages":[{"role":"user","content":"ping"}]}`;
 * const translation = translateChat(
 *   parseJsonDocument(new TextEncoder().encode(ask)),
 *   {
 *     deployment: { provider, model: "echo" },
 *     stream: false,
 *     includeUsage: false,
 *     losses: new LossReport(),
 *   },
 * );
 * const { signal } = new AbortController();
 * const attempt = new Attempt(provider, { signal, stream: false });
 * const response = await attempt.send(translation.request);
 * const answer = translation.answer(await collectBody(response.body));
 * attempt.stop();
 * assertEquals(answer.finish, "stop");
 * factory.close();
 * ```
 *
 * @module
 */

export type {
  Answer,
  AnswerEvent,
  AnswerPart,
  DrawnPart,
  FinishClass,
  Usage,
  UsageDetails,
} from "./answer.ts";
export type { Citation } from "./citation.ts";
export { addUsage } from "./add_usage.ts";
export { readUsage } from "./read_usage.ts";
export { AnswerCollector } from "./answer_collector.ts";
export { answerEvents } from "./answer_events.ts";
export { parseJsonText } from "./parse_json_text.ts";
export {
  parseLargeJson,
  type ParseLargeJsonOptions,
} from "./parse_large_json.ts";
export { readAnswer, type ReadAnswerOptions } from "./read_answer.ts";
export { exactMember } from "./_json_exact.ts";
export {
  Attempt,
  type AttemptOptions,
  collectBody,
  collectErrorBody,
  type ErrorBodyLimits,
} from "./attempt.ts";
export {
  type AttemptEnd,
  type AttemptEntry,
  AttemptLog,
  type AttemptRecord,
} from "./attempt_log.ts";
export type { Destination } from "./routing/route.ts";
export {
  type Backoff,
  type BackoffOptions,
  type BackoffStep,
  decorrelatedJitter,
  fullJitter,
} from "./backoff.ts";
export {
  Chaos,
  type ChaosAttempt,
  type ChaosCount,
  type ChaosOptions,
} from "./chaos.ts";
export {
  type ChaosFault,
  type ChaosFaultType,
  type ChaosMatch,
} from "./chaos_fault.ts";
export {
  ChaosTransport,
  type ChaosTransportOptions,
} from "./chaos_transport.ts";
export type {
  AwsCredentials,
  AwsRole,
  EntraCredentials,
  GoogleCredentials,
} from "./cloud_credentials.ts";
export type { RequestAuthorizer } from "./authorized_transport.ts";
export { readServiceAccount, type ServiceAccount } from "./google_tokens.ts";
export { checkProvider, type CheckProviderOptions } from "./check_provider.ts";
export { Cooldown, type CooldownOptions, type Cooling } from "./cooldown.ts";
export {
  ProviderChecks,
  type ProviderChecksOptions,
} from "./provider_checks.ts";
export {
  type HealthStatus,
  type ProviderFailure,
  ProviderHealth,
  type ProviderHealthChange,
  type ProviderHealthOptions,
  type ProviderHealthReading,
} from "./provider_health.ts";
export {
  retryAfterHeaders,
  retryDelay,
  type RetryDelayOptions,
} from "./retry_after.ts";
export type { AddressScope } from "./address_rules.ts";
export { type EnvGetter, isProxyAddress, proxyFor } from "./proxy_env.ts";
export { RetryBudget, type RetryBudgetOptions } from "./retry_budget.ts";
export {
  decideRetry,
  type FailedAttempt,
  type RetryAction,
  type RetryDecision,
  type RetryPolicyOptions,
  type RetryReason,
} from "./retry_policy.ts";
export { wait } from "./wait.ts";
export {
  AttemptClock,
  type AttemptLimits,
  type AttemptPhase,
  defaultLimits,
} from "./attempt_clock.ts";
export {
  type AbortListener,
  type AbortSource,
  LateAbort,
} from "./late_abort.ts";
export { ByteCollector } from "./byte_collector.ts";
export {
  acquireLastResort,
  earliestProbe,
  type LastResort,
} from "./breaker_group.ts";
export type { BreakerPermit } from "./breaker_permit.ts";
export type {
  BreakerChangeReason,
  BreakerSnapshot,
  BreakerState,
  BreakerStateChange,
} from "./breaker_state.ts";
export type { BreakerStrategy } from "./breaker_strategy.ts";
export { CircuitBreaker } from "./circuit_breaker.ts";
export type { CircuitBreakerOptions } from "./circuit_breaker_options.ts";
export { CompositeStrategy } from "./composite_strategy.ts";
export { ConsecutiveStrategy } from "./consecutive_strategy.ts";
export type {
  AudioPart,
  CacheControl,
  Conversation,
  Effort,
  FilePart,
  ImagePart,
  Message,
  OutputFormat,
  Part,
  ReasoningPart,
  RefusalPart,
  Role,
  Sampling,
  TextPart,
  Tool,
  ToolCallPart,
  ToolChoice,
  ToolResultPart,
} from "./conversation.ts";
export type {
  ClientDialect,
  DecodeOptions,
  DialectTarget,
  EncodedRequest,
  PassedRequest,
  ProviderDialect,
  Quirks,
  StreamDecoder,
  StreamEncoder,
  StreamOptions,
  StreamTranslator,
  TranslatedAnswer,
} from "./dialect.ts";
export {
  type ErrorKind,
  GatewayError,
  type GatewayErrorOptions,
  UpstreamError,
} from "./errors.ts";
export {
  classifyFailure,
  type FailureClass,
  type FailureContext,
} from "./failure_class.ts";
export { HttpClient } from "./http_client.ts";
export type { HttpClientOptions } from "./http_client_options.ts";
export {
  editJsonDocument,
  type JsonDocument,
  type JsonSpan,
  type JsonSpans,
  parseJsonDocument,
  type ParseJsonOptions,
} from "./json_document.ts";
export { type ListedModel, listModels } from "./list_models.ts";
export type { ListedCapabilities, ListedFacts } from "./listed_facts.ts";
export { type Loss, type LossAction, LossReport } from "./loss_report.ts";
export { isMockModel, mockModelNames } from "./mock/_mock_model.ts";
export { MockTransport } from "./mock/mock_transport.ts";
export { schemaSample } from "./mock/schema_sample.ts";
export type { DialectName, Provider } from "./provider.ts";
export { quirksOf } from "./quirks_of.ts";
export { ProviderFactory, type ProviderSettings } from "./provider_factory.ts";
export {
  type CredentialHeader,
  type ProviderType,
  providerTypes,
} from "./provider_types.ts";
export { RatioStrategy, type RatioStrategyOptions } from "./ratio_strategy.ts";
export {
  type SseEvent,
  SseParser,
  type SseParserOptions,
} from "./sse_parser.ts";
export {
  sseFraming,
  type StreamFraming,
  type StreamParser,
} from "./stream_framing.ts";
export {
  type KeptThought,
  MemoryThoughtStore,
  type MemoryThoughtStoreOptions,
  type ThoughtKeeper,
  type ThoughtStore,
} from "./thought_store.ts";
export type {
  RequestSource,
  SendClock,
  SendOptions,
  Transport,
  UpstreamBody,
  UpstreamRequest,
  UpstreamResponse,
} from "./upstream.ts";
export { upstreamRequest } from "./upstream_request.ts";
export {
  type Admission,
  type Admitted,
  type LimitAsk,
  type LimitStatus,
  type Refused,
} from "./admission.ts";
export { ConcurrencySlots, type Slot } from "./concurrency_slots.ts";
export {
  grantLease,
  type LimitLeaseAsk,
  type LimitLeaseGrant,
  type LimitStore,
  type LimitStoreOptions,
  type LimitSum,
} from "./limit_store.ts";
export {
  MemoryLimitStore,
  type MemoryLimitStoreOptions,
} from "./memory_limit_store.ts";
export {
  checkLimit,
  type Limit,
  type LimitRecord,
  type LimitUnit,
  parseLimit,
  parseLimits,
} from "./rate_limit.ts";
export {
  rateLimitHeaders,
  type RateLimitHeadersOptions,
} from "./rate_limit_headers.ts";
export { RateLimitLease, type RateLimitUsage } from "./rate_limit_lease.ts";
export { RateLimiter, type RateLimiterOptions } from "./rate_limiter.ts";
export type { SharedLimitOptions } from "./shared_limits.ts";
export {
  SlowFirstByteStrategy,
  type SlowFirstByteStrategyOptions,
} from "./slow_first_byte_strategy.ts";
