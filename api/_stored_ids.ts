/** Stands between the name of a provider and the id of something that is stored there. */
const MARK = "~";
/** Ids as providers make them: nothing that could lead elsewhere in a path. */
const ID = /^[\w-][\w.-]{0,255}$/;
/** The members of files, batches and their lists that are ids of such things. */
const MEMBERS = [
  "id",
  "input_file_id",
  "output_file_id",
  "error_file_id",
  "first_id",
  "last_id",
] as const;

/** An id, and the provider that it names. */
export interface StoredId {
  readonly provider: string | undefined;
  readonly id: string;
}

/** Takes an id apart; `undefined` where it is none. */
export function readStoredId(text: string): StoredId | undefined {
  const at = text.indexOf(MARK);
  const id = text.slice(at + 1);
  if (!ID.test(id)) return undefined;
  return { provider: at < 0 ? undefined : text.slice(0, at), id };
}

/** A file, a batch or a list of them with the provider's name before each id. */
export function markIds(value: unknown, provider: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  const marked: Record<string, unknown> = { ...value };
  for (const name of MEMBERS) {
    const id = marked[name];
    if (typeof id === "string") marked[name] = `${provider}${MARK}${id}`;
  }
  if (Array.isArray(marked.data)) {
    marked.data = marked.data.map((item: unknown) => markIds(item, provider));
  }
  return marked;
}
