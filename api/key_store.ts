import type {
  StateCheck,
  StateEntry,
  StateStore,
  StateWrite,
} from "@llm-proxy/context";
import { GatewayError } from "@llm-proxy/core";
import type { ZodError } from "@zod/zod";
import { createHmac, randomBytes } from "node:crypto";
import type { AuditedCommit } from "./audit_log.ts";
import { fieldFault } from "./_field_fault.ts";
import {
  type KeyDraft,
  KEYS,
  keyView,
  MAX_KEYS,
  type StoredKey,
} from "./stored_key.ts";

/** What reads keys, loaded where there are some. */
const schemas = () => import("./_stored_key_schema.ts");

/** What a caller sends: so much chance that nobody guesses one. */
const SECRET_BYTES = 32;
const PEPPER_BYTES = 32;
/** How the keys of this gateway begin: leaked ones are found by it. */
export const KEY_PREFIX = "llmp_";
const HINT = 4;
const PAGE = 1_000;
/** How often a change is made again because somebody else made one meanwhile. */
const MAX_RACES = 5;

/** A key, with what is told once and never again. */
export interface IssuedKey {
  readonly key: StoredKey;
  /** What its caller sends. */
  readonly secret: string;
}

/**
 * The keys in the gateway's state. Of a secret a keyed digest is stored alone:
 * whoever reads the state finds no key that is of use. Every change writes a
 * version beside it, by which processes notice, and with it whatever `commit`
 * notes of it: by default nothing.
 *
 * Its methods throw what the store throws, and a {@linkcode GatewayError} 404
 * `key_not_found`, 400 `invalid_key` or 409 `key_changed`.
 */
export class KeyStore {
  readonly #state: StateStore;
  readonly #commit: AuditedCommit;

  /** Keeps keys in a store. */
  constructor(state: StateStore) {
    this.#state = state;
    this.#commit = (batch) => state.commit(batch);
  }

  /** Makes a key; `draft` is not trusted. */
  async create(
    draft: unknown,
    commit: AuditedCommit = this.#commit,
  ): Promise<IssuedKey> {
    const terms = await checkTerms(draft);
    if ((await this.list()).length >= MAX_KEYS) {
      throw new GatewayError(
        "invalid_request",
        `There are ${MAX_KEYS} keys, which is as many as there can be`,
        { code: "too_many_keys" },
      );
    }
    const secret = newSecret();
    const now = Date.now();
    const key: StoredKey = {
      ...terms,
      id: `key_${randomBytes(12).toString("hex")}`,
      hint: secret.slice(-HINT),
      digest: await this.digest(secret),
      created_at: now,
      changed_at: now,
    };
    await commit({
      writes: [{ type: "set", key: rowOf(key.id), value: key }, newVersion()],
    }, { target: key.id, after: keyView(key) });
    return { key, secret };
  }

  /** All keys, in the order of their ids. What cannot be read is left out. */
  async list(): Promise<StoredKey[]> {
    const keys: StoredKey[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#state.list(KEYS.rows, { limit: PAGE, cursor });
      if (page.entries.length > 0) {
        const { storedKey } = await schemas();
        for (const { value } of page.entries) {
          const { data } = storedKey.safeParse(value);
          if (data !== undefined) keys.push(data);
        }
      }
      cursor = page.cursor;
    } while (cursor !== undefined && keys.length < MAX_KEYS);
    return keys;
  }

  /** One key. */
  async get(id: string): Promise<StoredKey> {
    return (await this.#read(id)).value;
  }

  /** Changes fields of a key; `null` takes one away. `change` is not trusted. */
  async change(
    id: string,
    change: unknown,
    commit: AuditedCommit = this.#commit,
  ): Promise<StoredKey> {
    const { keyChange, storedKey } = await schemas();
    const checked = keyChange.safeParse(change);
    if (!checked.success) throw invalid(checked.error, change);
    return await this.#rewrite(id, commit, (key) => {
      const terms = Object.entries({ ...key, ...checked.data })
        .filter(([, value]) => value !== null && value !== undefined);
      return storedKey.parse(Object.fromEntries(terms));
    });
  }

  /**
   * Gives a key another secret.
   *
   * @param graceMs How long the one before is good besides.
   */
  async rotate(
    id: string,
    graceMs = 0,
    commit: AuditedCommit = this.#commit,
  ): Promise<IssuedKey> {
    const secret = newSecret();
    const digest = await this.digest(secret);
    const key = await this.#rewrite(id, commit, ({ previous: _, ...key }) => ({
      ...key,
      digest,
      hint: secret.slice(-HINT),
      ...(graceMs > 0 && {
        previous: { digest: key.digest, until: Date.now() + graceMs },
      }),
    }));
    return { key, secret };
  }

  /** Removes a key; gives back what it was. */
  async delete(
    id: string,
    commit: AuditedCommit = this.#commit,
  ): Promise<StoredKey> {
    return await this.#swap(id, async (key, check) => {
      const { ok } = await commit({
        checks: [check],
        writes: [{ type: "delete", key: rowOf(id) }, newVersion()],
      }, { target: id, before: keyView(key) });
      return ok ? key : undefined;
    });
  }

  /** Changes with every change of a key; `undefined` as long as there was none. */
  async version(): Promise<unknown> {
    return (await this.#state.get(KEYS.version))?.value;
  }

  /** The keyed digest of a secret. */
  async digest(secret: string): Promise<string> {
    return hmac(await this.pepper(), secret);
  }

  /** What digests are keyed by: made at random with the first key. Never remembered: a state that was lost begins with another. */
  async pepper(): Promise<Uint8Array> {
    const made = randomBytes(PEPPER_BYTES).toString("hex");
    await this.#state.commit({
      checks: [{ key: KEYS.pepper, version: null }],
      writes: [{ type: "set", key: KEYS.pepper, value: made }],
    });
    const pepper = await this.knownPepper();
    if (pepper === undefined) throw new TypeError("The state forgets at once");
    return pepper;
  }

  /** The same where there is one already. */
  async knownPepper(): Promise<Uint8Array | undefined> {
    const value = (await this.#state.get(KEYS.pepper))?.value;
    if (typeof value !== "string") return undefined;
    return Uint8Array.fromHex(value);
  }

  async #read(id: string): Promise<StateEntry<StoredKey>> {
    const entry = /^key_[0-9a-f]{24}$/.test(id)
      ? await this.#state.get(rowOf(id))
      : undefined;
    const { storedKey } = await schemas();
    const { data } = storedKey.safeParse(entry?.value);
    if (entry === undefined || data === undefined) {
      throw new GatewayError("not_found", "There is no such key", {
        code: "key_not_found",
      });
    }
    return { ...entry, value: data };
  }

  async #rewrite(
    id: string,
    commit: AuditedCommit,
    change: (key: StoredKey) => StoredKey,
  ): Promise<StoredKey> {
    return await this.#swap(id, async (before, check) => {
      const key = { ...change(before), changed_at: Date.now() };
      const { ok } = await commit({
        checks: [check],
        writes: [{ type: "set", key: rowOf(id), value: key }, newVersion()],
      }, { target: id, before: keyView(before), after: keyView(key) });
      return ok ? key : undefined;
    });
  }

  /** Changes a key as it is, again where somebody else has meanwhile: `write` gives nothing back then. */
  async #swap(
    id: string,
    write: (
      key: StoredKey,
      check: StateCheck,
    ) => Promise<StoredKey | undefined>,
  ): Promise<StoredKey> {
    for (let race = 0; race < MAX_RACES; race++) {
      const { value, version } = await this.#read(id);
      const written = await write(value, { key: rowOf(id), version });
      if (written !== undefined) return written;
    }
    throw new GatewayError("invalid_request", "Others change this key", {
      code: "key_changed",
      status: 409,
    });
  }
}

/** HMAC-SHA-256, in letters. */
export function hmac(pepper: Uint8Array, secret: string): string {
  return createHmac("sha256", pepper).update(secret).digest("base64url");
}

function newSecret(): string {
  return KEY_PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
}

function newVersion(): StateWrite {
  return { type: "set", key: KEYS.version, value: crypto.randomUUID() };
}

function rowOf(id: string): readonly string[] {
  return [...KEYS.rows as readonly string[], id];
}

async function checkTerms(draft: unknown): Promise<KeyDraft> {
  const { keyDraft } = await schemas();
  const checked = keyDraft.safeParse(draft);
  if (!checked.success) throw invalid(checked.error, draft);
  return checked.data;
}

/** What is wrong with a draft, without its values. */
function invalid({ issues: [issue] }: ZodError, draft: unknown): GatewayError {
  const param = issue?.path.map(String).join(".") ?? "";
  return new GatewayError(
    "invalid_request",
    `The key cannot be so: ${fieldFault(issue, draft)}`,
    { code: "invalid_key", ...(param !== "" && { param }) },
  );
}
