import { callKeysOf } from "./_call_keys.ts";
import type { ClientDialect, DialectTarget } from "./dialect.ts";
import type { JsonDocument } from "./json_document.ts";
import type { CallKeys } from "./passed_thought.ts";
import type { Provider } from "./provider.ts";
import { ThoughtCollector } from "./_thought_collector.ts";
import { thoughtFamily } from "./_thought_family.ts";
import type { ThoughtKeeper } from "./thought_store.ts";

/** What keeps the thought of one request's answer, and brings back what its client has lost. */
export class ThoughtKeeping {
  readonly keeper: ThoughtKeeper;
  readonly target: DialectTarget;
  readonly #provider: Provider;
  readonly #client: ClientDialect;
  readonly #document: JsonDocument;
  #keys: CallKeys | undefined;

  /** Takes what is kept, where the request goes, and what its client has asked. */
  constructor(
    keeper: ThoughtKeeper,
    { target, provider, client, document }: {
      readonly target: DialectTarget;
      readonly provider: Provider;
      readonly client: ClientDialect;
      readonly document: JsonDocument;
    },
  ) {
    this.keeper = keeper;
    this.target = target;
    this.#provider = provider;
    this.#client = client;
    this.#document = document;
  }

  /** The name of the client's dialect. */
  get client(): string {
    return this.#client.name;
  }

  /** Which models can read the proofs of the one that is asked. */
  get family(): string {
    return thoughtFamily(this.#provider, this.target.model);
  }

  /** Thought is wanted back that nobody has signed, too (J6). */
  get unsigned(): boolean {
    return this.target.quirks.missingThought !== undefined;
  }

  /** How calls of the request are known again, where its client may have left their ids out. */
  get keys(): CallKeys | undefined {
    return this.#keys ??= callKeysOf(this.#client, this.#document);
  }

  /** Makes what collects the thought of one answer. */
  collector(): ThoughtCollector {
    const { keeper, family, unsigned, keys } = this;
    return new ThoughtCollector(keeper, family, { unsigned, keys });
  }
}
