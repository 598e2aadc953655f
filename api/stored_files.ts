import {
  editJsonDocument,
  GatewayError,
  type PassedRequest,
  type Provider,
} from "@llm-proxy/core";
import {
  describeEndpoint,
  servesEndpoint,
  storedRequest,
} from "@llm-proxy/core/passing";
import type { RoutedAttempt } from "@llm-proxy/core/routing";
import { MAX_UPLOAD } from "./_form_body.ts";
import { checkOwner, storedAnswer } from "./_stored_answer.ts";
import { readStoredId } from "./_stored_ids.ts";
import { seesAll, tenantOf } from "./stored_owners.ts";
import { attempt, type RequestContext, route } from "./endpoints.ts";
import { readJson } from "./read_json.ts";
import type { Prepared } from "./prepared.ts";
import { onceOnly } from "./pass_through.ts";
import { relayBytes } from "./relay_bytes.ts";

type Stored = "files" | "batches";

/** How many of each a provider lists at once, at most and where nobody says. */
const PAGES = {
  files: { most: 10_000, usual: 10_000 },
  batches: { most: 100, usual: 20 },
} as const;

/** Where a request for something stored goes, and what of it stays. */
interface StoredRequest {
  readonly provider: string;
  /** Whether ids of its answer name the provider: another could have as well been meant. */
  readonly marks: boolean;
  /** Below the provider's base URL. */
  readonly path: string;
  /** JSON text; forms come as they are. */
  readonly body?: string;
  /** How many of a list are wanted at most; absent where it is none. */
  readonly limit?: number;
}

/**
 * `/v1/files…`: uploads, lists, contents and deletions at a provider that has
 * files: the one that an id names, or the header `x-llm-proxy-provider`, or
 * `provider` in the query, or the only one that there is.
 *
 * @throws {GatewayError} 400 where no provider is named and there are several.
 */
export function storedFiles(context: RequestContext): Promise<void> {
  return serve(context, "files");
}

/**
 * `/v1/batches…`, by the rules of {@linkcode storedFiles}; a new batch goes
 * where its file is.
 *
 * @throws {GatewayError} 400 where no provider is named and there are several.
 */
export function storedBatches(context: RequestContext): Promise<void> {
  return serve(context, "batches");
}

async function serve(context: RequestContext, kind: Stored): Promise<void> {
  const { exchange } = context;
  const [, , , id, verb] = exchange.path.split("/");
  const asked = id === undefined ? undefined : idOf(id, "id");
  const stored = await readRequest(context, { kind, id: asked, verb });
  const { provider } = stored;
  if (asked !== undefined) {
    await checkOwner(context, { provider, id: asked.id });
  }
  const isContent = verb === "content";
  const upload = exchange.method === "POST" && kind === "files"
    ? exchange.source(MAX_UPLOAD)
    : undefined;
  const prepare = (routed: RoutedAttempt): Prepared => {
    const request: PassedRequest = {
      method: exchange.method,
      path: stored.path,
      headers: {
        accept: isContent ? "*/*" : "application/json",
        ...(stored.body !== undefined &&
          { "content-type": "application/json" }),
        ...(upload &&
          { "content-type": exchange.header("content-type") ?? "" }),
      },
      ...(stored.body !== undefined && { body: stored.body }),
      ...(upload && { body: onceOnly(upload, routed) }),
    };
    return storedRequest(request, routed.candidate);
  };
  await route(context, {
    request: {
      model: `${stored.provider}/${kind}`,
      provider: stored.provider,
      endpoint: kind,
    },
    work: (routed) =>
      attempt(context, {
        routed,
        prepare: () => prepare(routed),
        answer:
          isContent || !stored.marks && tenantOf(context.record) === undefined
            ? relayBytes
            : (answering) => storedAnswer(answering, stored),
      }),
  });
}

async function readRequest(
  context: RequestContext,
  { kind, id, verb }: {
    readonly kind: Stored;
    readonly id: ReturnType<typeof readStoredId>;
    readonly verb: string | undefined;
  },
): Promise<StoredRequest> {
  const { exchange } = context;
  const [, search = ""] = exchange.target.split("?", 2);
  const query = new URLSearchParams(search);
  let body: string | undefined;
  let named = id?.provider;
  let input: typeof id;
  if (kind === "batches" && exchange.method === "POST" && id === undefined) {
    const document = await readJson(context);
    const { input_file_id: file } = document.value;
    if (typeof file !== "string") {
      throw new GatewayError(
        "invalid_request",
        "Field 'input_file_id' must be the id of a file",
        { code: "missing_required_parameter", param: "input_file_id" },
      );
    }
    input = idOf(file, "input_file_id");
    named = input.provider;
    body = editJsonDocument(
      document,
      new Map([["input_file_id", JSON.stringify(input.id)]]),
    );
  }
  const after = query.get("after");
  if (after !== null) {
    const { provider, id } = idOf(after, "after");
    named ??= provider;
    query.set("after", id);
  }
  named ??= exchange.header("x-llm-proxy-provider") ??
    query.get("provider") ?? undefined;
  query.delete("provider");
  query.delete("key");
  const chosen = choose(context, { kind, named });
  const { provider } = chosen;
  if (input !== undefined) {
    await checkOwner(context, { provider, id: input.id });
  }
  const isList = exchange.method === "GET" && id === undefined;
  const { most, usual } = PAGES[kind];
  const asked = Number(query.get("limit") ?? usual);
  const limit = isList ? (asked > 0 ? asked : usual) : undefined;
  // Others' are among them, and are left out.
  if (isList && !seesAll(context.record)) query.set("limit", String(most));
  const path = [`/${kind}`, id?.id, verb].filter((it) => it !== undefined)
    .join("/");
  return {
    ...chosen,
    path: query.size > 0 ? `${path}?${query}` : path,
    ...(body !== undefined && { body }),
    ...(limit !== undefined && { limit }),
  };
}

/** The provider that was named, or the only one that can be meant. */
function choose(
  { gateway }: RequestContext,
  { kind, named }: {
    readonly kind: Stored;
    readonly named: string | undefined;
  },
): Pick<StoredRequest, "provider" | "marks"> {
  const able = gateway.providers.filter((it) => canStore(it, kind));
  const marks = able.length > 1;
  if (named !== undefined) {
    const provider = able.find(({ name }) => name === named);
    if (provider !== undefined) return { provider: named, marks };
    throw new GatewayError(
      "invalid_request",
      `There is no provider '${named.slice(0, 200)}' that has ${
        describeEndpoint(kind)
      }`,
      { code: "unsupported_endpoint", param: "provider" },
    );
  }
  const [only] = able;
  if (only === undefined) {
    throw new GatewayError(
      "invalid_request",
      `No provider has ${describeEndpoint(kind)}`,
      { code: "unsupported_endpoint", param: "provider" },
    );
  }
  if (!marks) return { provider: only.name, marks };
  throw new GatewayError(
    "invalid_request",
    `Several providers have ${
      describeEndpoint(kind)
    }: name one in the header 'x-llm-proxy-provider' or the query's 'provider'`,
    { code: "missing_required_parameter", param: "provider" },
  );
}

function canStore(provider: Provider, kind: Stored): boolean {
  return provider.dialect === "openai_chat" && servesEndpoint(provider, kind);
}

/**
 * Reads an id.
 *
 * @throws {GatewayError} 400 where it is none.
 */
function idOf(
  text: string,
  param: string,
): NonNullable<ReturnType<typeof readStoredId>> {
  const id = readStoredId(decode(text));
  if (id !== undefined) return id;
  throw new GatewayError("invalid_request", `Parameter '${param}' is no id`, {
    code: "invalid_id",
    param,
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
