/**
 * What an LLM gateway remembers: the catalogue of models and their prices, a
 * ledger of what every request cost, and a store for all that has to survive a
 * restart.
 *
 * @example Who serves a model
 * ```ts
 * import { ModelCache } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new ModelCache({ ttl: 60_000 });
 * cache.add("acme", () => Promise.resolve([{ id: "acme-1" }]));
 * await cache.refresh("acme");
 * assertEquals(cache.find("acme-1"), ["acme"]);
 * cache.close();
 * ```
 *
 * @module
 */

export type {
  CacheAdapter,
  CacheEntry,
  CacheLifetime,
  CacheStats,
} from "./cache_adapter.ts";
export { cacheKey } from "./cache_key.ts";
export {
  SemanticIndex,
  type SemanticIndexOptions,
  type SemanticMatch,
} from "./semantic_index.ts";
export { SmartCache } from "./smart_cache.ts";
export type {
  GetOrSetOptions,
  SmartCacheOptions,
  SmartCacheStats,
} from "./smart_cache_options.ts";
export { SingleFlight } from "./single_flight.ts";
export {
  type BudgetAsk,
  BudgetBook,
  type BudgetBookOptions,
  type BudgetTerms,
} from "./budget_book.ts";
export type {
  BudgetHold,
  BudgetRefusal,
  BudgetWarning,
} from "./budget_hold.ts";
export {
  type BudgetPeriod,
  type BudgetWindow,
  budgetWindow,
} from "./budget_window.ts";
export {
  costOf,
  picoDollars,
  type PricedDetails,
  type PricedUsage,
  ratesFor,
} from "./cost.ts";
export {
  type ExactRates,
  makePrice,
  type ModelPrice,
  type PriceRates,
  type PriceTerms,
  type PriceTier,
} from "./model_price.ts";
export {
  PriceBook,
  type PriceBookOptions,
  type PricedModel,
  type PricedPlace,
} from "./price_book.ts";
export {
  loadPriceTable,
  type PriceTable,
  type TableAsk,
  type TableModel,
} from "./price_table.ts";
export type { LedgerAlarm } from "./ledger_alarm.ts";
export { Ledger, type LedgerEntry, type LedgerOptions } from "./ledger.ts";
export {
  daysBetween,
  ledgerRows,
  moneyAt,
  type RowQuery,
  type UsageDimension,
  type UsageQuery,
  usageReport,
  type UsageTotals,
} from "./ledger_report.ts";
export {
  costOfAttempts,
  type LedgerAttempt,
  type LedgerAttemptEnd,
  type LedgerCharge,
  type LedgerEnd,
  type LedgerHead,
  type LedgerIntent,
  type LedgerPrice,
  type LedgerRow,
  type LedgerUsage,
  type UsageCounts,
  usageProblems,
} from "./ledger_row.ts";
export {
  type CgroupMemory,
  type CgroupMemoryOptions,
  readCgroupMemory,
} from "./cgroup_memory.ts";
export {
  FeatureFlags,
  type FeatureFlagsOptions,
  type FlagChange,
  type FlagDefinition,
  type FlagRule,
  type FlagSubject,
} from "./feature_flags.ts";
export type { LeakSuspicion } from "./_leak_watch.ts";
export {
  type MemoryChange,
  type MemoryHolding,
  MemoryManager,
  type MemoryManagerOptions,
  type MemoryOwner,
  type MemoryPressure,
} from "./memory_manager.ts";
export {
  heapLimitAdvice,
  type MemoryReading,
  readMemory,
} from "./memory_reading.ts";
export {
  ModelCache,
  type ModelCacheOptions,
  type ModelEntry,
  type ModelListing,
  type ModelLoader,
  type ModelSourceOptions,
} from "./model_cache.ts";
export {
  MemoryStateStore,
  type MemoryStateStoreOptions,
} from "./memory_state_store.ts";
export {
  type OpenStateStore,
  openStateStore,
  type OpenStateStoreOptions,
  type StateLocation,
} from "./open_state_store.ts";
export { StartingStateStore } from "./starting_state_store.ts";
export {
  StateError,
  type StateErrorCode,
  type StateErrorOptions,
} from "./state_error.ts";
export {
  checkStateFile,
  type StateFileCheckOptions,
} from "./state_file_check.ts";
export {
  probeStateFile,
  type StateFileState,
  type StateFileVerdict,
} from "./state_file_probe.ts";
export {
  limitStore,
  type SliceCallOptions,
  type SliceCount,
  type SliceGrant,
  type SliceSum,
  type StateLimitStore,
} from "./state_limit_store.ts";
export type {
  CondensableConversation,
  CondensableMessage,
  CondensablePart,
} from "./condensable.ts";
export {
  CONDENSE_STRATEGIES,
  type Condensed,
  type CondenseOptions,
  type CondenseReport,
  type CondenseStrategy,
  ContextCondenser,
  type ContextCondenserOptions,
} from "./context_condenser.ts";
export type { CondenseCounts } from "./_condense_draft.ts";
export type { Summarizer, SummaryRequest } from "./summarize_oldest.ts";
export {
  type CountedTokens,
  TokenCounter,
  type TokenCounterOptions,
} from "./token_counter.ts";
export {
  type TokenEstimate,
  TokenEstimator,
  type TokenEstimatorOptions,
} from "./token_estimator.ts";
export type { ExactTokensOptions } from "./exact_tokens.ts";
export {
  measureContent,
  type MeasuredImage,
  measureRequest,
  type TokenMeasure,
} from "./token_measure.ts";
export type { StateRow, StateSchema } from "./state_schema.ts";
export type { StateAlarm, StateStatus } from "./state_status.ts";
export type {
  StateBatch,
  StateCheck,
  StateCommit,
  StateCount,
  StateEntry,
  StateKey,
  StateLease,
  StateLeaseOptions,
  StateListOptions,
  StatePage,
  StateSetOptions,
  StateStore,
  StateWrite,
} from "./state_store.ts";
