import { ApiError, missing } from "./_api_error.ts";
import { type JsonObject, parseBody } from "./_json_fields.ts";

/** Most files and batches that are kept, each; the oldest goes first. */
const MAX_KEPT = 64;
/** Most requests of one batch. */
const MAX_LINES = 100;

interface Stored {
  readonly file: JsonObject;
  readonly text: string;
}

/** The files and batches of one mock provider, kept in memory. */
export class MockFiles {
  readonly #files = new Map<string, Stored>();
  readonly #batches = new Map<string, JsonObject>();
  /** Answers one request of a batch. */
  readonly #answer: (url: string, body: unknown) => JsonObject;
  #made = 0;

  /** Keeps nothing yet. */
  constructor(answer: (url: string, body: unknown) => JsonObject) {
    this.#answer = answer;
  }

  /** Answers a request under `/files` or `/batches`; `undefined` where there is no such thing. */
  answer(
    { method, path }: { readonly method: string; readonly path: string },
    body: () => JsonObject,
  ): string | undefined {
    const [kind, id, verb] = path.split("?", 1)[0]?.split("/").slice(1) ?? [];
    const what = `${method} ${kind}${id === undefined ? "" : "/id"}${
      verb === undefined ? "" : `/${verb}`
    }`;
    switch (what) {
      case "POST files":
        return JSON.stringify(this.#store(body()));
      case "GET files":
        return list([...this.#files.values()].map(({ file }) => file));
      case "GET files/id":
        return JSON.stringify(this.#file(id).file);
      case "GET files/id/content":
        return this.#file(id).text;
      case "DELETE files/id":
        this.#file(id);
        this.#files.delete(id ?? "");
        return JSON.stringify({ id, object: "file", deleted: true });
      case "POST batches":
        return JSON.stringify(this.#run(body()));
      case "GET batches":
        return list([...this.#batches.values()]);
      case "GET batches/id":
      case "POST batches/id/cancel":
        return JSON.stringify(this.#batch(id));
    }
    return undefined;
  }

  #store({ file: text, purpose = "user_data" }: JsonObject): JsonObject {
    if (typeof text !== "string") throw missing("file");
    const id = `file-mock${++this.#made}`;
    const file = {
      id,
      object: "file",
      bytes: new TextEncoder().encode(text).byteLength,
      created_at: 0,
      filename: `${id}.jsonl`,
      purpose,
      status: "processed",
    };
    keep(this.#files, id, { file, text });
    return file;
  }

  /** Answers each line at once: a batch is complete as soon as it is there. */
  #run({ input_file_id: input, endpoint }: JsonObject): JsonObject {
    const { text } = this.#file(typeof input === "string" ? input : undefined);
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    const answers = lines.slice(0, MAX_LINES).map((line, index) => {
      const asked = parseBody(line);
      const response = this.#answer(String(asked["url"]), asked["body"]);
      const id = `batch_req_${index}`;
      const custom = asked["custom_id"];
      return JSON.stringify({ id, custom_id: custom, response, error: null });
    });
    const output = this.#store({
      file: `${answers.join("\n")}\n`,
      purpose: "batch_output",
    });
    const id = `batch_mock${++this.#made}`;
    const count = answers.length;
    const batch = {
      id,
      object: "batch",
      endpoint,
      input_file_id: input,
      completion_window: "24h",
      status: "completed",
      output_file_id: output["id"],
      created_at: 0,
      request_counts: { total: count, completed: count, failed: 0 },
    };
    keep(this.#batches, id, batch);
    return batch;
  }

  #file(id: string | undefined): Stored {
    const stored = this.#files.get(id ?? "");
    if (stored === undefined) throw gone("file");
    return stored;
  }

  #batch(id: string | undefined): JsonObject {
    const batch = this.#batches.get(id ?? "");
    if (batch === undefined) throw gone("batch");
    return batch;
  }
}

function keep<T>(map: Map<string, T>, id: string, value: T): void {
  if (map.size >= MAX_KEPT) map.delete(map.keys().next().value ?? "");
  map.set(id, value);
}

function list(data: readonly unknown[]): string {
  return JSON.stringify({ object: "list", data, has_more: false });
}

function gone(what: string): ApiError {
  return new ApiError(`There is no such ${what}`, { status: 404 });
}
