import type { StateStore, StateWrite } from "@llm-proxy/context";
import type { RequestRecord } from "./request_record.ts";
import { isRoleAtLeast } from "./role.ts";

/** How long it is known whose something is, in ms. */
const KEPT_MS = 366 * 86_400_000;
/** So many are known without the store. */
const MAX_KNOWN = 10_000;

const ROOT = "stored_owner";

/** Something that a provider stores. */
export interface StoredThing {
  readonly provider: string;
  /** As the provider names it. */
  readonly id: string;
}

/** Whose the files and batches at providers are: an account there is one for all callers. */
export class StoredOwners {
  readonly #state: StateStore;
  readonly #known = new Map<string, string>();
  #isUsed = false;

  /** Keeps it in a store. */
  constructor(state: StateStore) {
    this.#state = state;
  }

  /** Whether anything is known to be anybody's. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /**
   * Looks whether others have noted anything.
   *
   * @throws {StateError} when the store cannot be read.
   */
  async refresh(): Promise<void> {
    if (this.#isUsed) return;
    const { entries } = await this.#state.list([ROOT], { limit: 1 });
    this.#isUsed ||= entries.length > 0;
  }

  /**
   * Whose something is; `undefined` where nobody knows.
   *
   * @throws {StateError} when the store cannot be read.
   */
  async ownerOf(thing: StoredThing): Promise<string | undefined> {
    const known = this.#known.get(nameOf(thing));
    if (known !== undefined) return known;
    const value = (await this.#state.get(keyOf(thing)))?.value;
    if (typeof value !== "string") return undefined;
    this.#know(thing, value);
    return value;
  }

  /**
   * Notes whose things are.
   *
   * @throws {StateError} when the store cannot be written.
   */
  async note(tenant: string, things: readonly StoredThing[]): Promise<void> {
    const news = things.filter((it) =>
      this.#known.get(nameOf(it)) === undefined
    );
    if (news.length === 0) return;
    const deadline = Date.now() + KEPT_MS;
    for (const it of news) this.#know(it, tenant);
    await this.#state.commit({
      writes: news.map((it): StateWrite => ({
        type: "set",
        key: keyOf(it),
        value: tenant,
        deadline,
      })),
    });
  }

  /**
   * Forgets what is no more.
   *
   * @throws {StateError} when the store cannot be written.
   */
  async forget(thing: StoredThing): Promise<void> {
    this.#known.delete(nameOf(thing));
    await this.#state.delete(keyOf(thing));
  }

  #know(thing: StoredThing, tenant: string): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(nameOf(thing), tenant);
    this.#isUsed = true;
  }
}

/** Whose a request's things are: its team's, else its key's; nobody's where there are no keys. */
export function tenantOf({ access }: RequestRecord): string | undefined {
  if (access === undefined) return undefined;
  const { team, key = "" } = access.subject;
  return team === undefined ? `key:${key}` : `team:${team}`;
}

/** Whether a request may see what is others'. */
export function seesAll({ access }: RequestRecord): boolean {
  return access === undefined || isRoleAtLeast(access.subject.role, "admin");
}

function keyOf({ provider, id }: StoredThing): readonly string[] {
  return [ROOT, provider, id];
}

function nameOf({ provider, id }: StoredThing): string {
  return `${provider}\n${id}`;
}
