import {
  editJsonDocument,
  exactMember,
  GatewayError,
  type JsonDocument,
  parseJsonDocument,
} from "@llm-proxy/core";
import type { RouteRequest } from "@llm-proxy/core/routing";
import { readStoredId } from "./_stored_ids.ts";
import type { ConversationAsk, RequestContext } from "./endpoints.ts";

/** Stands in every id that names a provider. */
const MARK = "~";
const CODE = "invalid_file_id";
const FIELD = /"file(?:_ids?|_?[uU]ri)"/;
/** The members whose text is the id of a file, in any dialect. */
const IDS: ReadonlySet<string> = new Set(["file_id", "fileUri", "file_uri"]);
/** Members that are a program's own, whatever is in them. */
const OWN: ReadonlySet<string> = new Set([
  "args",
  "arguments",
  "input_schema",
  "metadata",
  "parameters",
  "parametersJsonSchema",
  "response",
  "response_format",
  "schema",
]);

/** A conversation that names files by their providers. */
export interface MarkedFiles {
  /** The same with the ids as their provider knows them. */
  readonly document: JsonDocument;
  /** What routing must know: no other provider has the files. */
  readonly at: Pick<RouteRequest, "provider" | "providerParam">;
}

/** Whether a request may name any: cheap to tell, and seldom so. */
export function mayNameFiles({ text }: JsonDocument): boolean {
  return text.includes(MARK) && FIELD.test(text);
}

/** A request to a model with the ids of files as their provider knows them; itself where it names none by it. */
export function whereFilesAre(
  context: RequestContext,
  asked: ConversationAsk,
): ConversationAsk {
  const files = readMarkedFiles(context, asked.document);
  if (files === undefined) return asked;
  const { document, at } = files;
  return {
    ...asked,
    document,
    facts: (size) => Object.assign(asked.facts(size), at),
  };
}

/**
 * Takes the names of providers off the ids of files that `/v1/files` has given
 * out with them (`openai~file-abc`), so that the request goes where they are.
 *
 * @returns `undefined` where it names none.
 * @throws {GatewayError} 400 naming the field of a file that is nowhere, or
 * elsewhere than one before.
 */
export function readMarkedFiles(
  { gateway }: Pick<RequestContext, "gateway">,
  document: JsonDocument,
): MarkedFiles | undefined {
  const names = new Set(gateway.providers.map(({ name }) => name));
  const reader = new MarkReader(names);
  const edits = new Map<string, string>();
  for (const [key, value] of Object.entries(document.value)) {
    if (typeof value !== "object" || OWN.has(key)) continue;
    if (reader.read(value, key) === value) continue;
    const exact = exactMember(document, key);
    edits.set(key, JSON.stringify(reader.read(exact, key)));
  }
  const { at } = reader;
  if (at === undefined) return undefined;
  const text = editJsonDocument(document, edits);
  return { document: parseJsonDocument(new TextEncoder().encode(text)), at };
}

class MarkReader {
  readonly #providers: ReadonlySet<string>;
  /** Where the files are, and which field said so first. */
  at: { readonly provider: string; readonly providerParam: string } | undefined;

  constructor(providers: ReadonlySet<string>) {
    this.#providers = providers;
  }

  /** The value without marks; itself where there are none. No text nests deeper than its parser lets it. */
  read(value: unknown, place: string): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const items = value.map((item, index) =>
        this.read(item, `${place}[${index}]`)
      );
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    let changed: Record<string, unknown> | undefined;
    for (const [name, member] of Object.entries(value)) {
      if (OWN.has(name) || isToolInput(value, name)) continue;
      const param = `${place}.${name}`;
      const read = this.#member(member, name, param);
      if (read === member) continue;
      changed ??= { ...value };
      changed[name] = read;
    }
    return changed ?? value;
  }

  #member(member: unknown, name: string, param: string): unknown {
    if (typeof member === "string") {
      return IDS.has(name) ? this.#id(member, name, param) : member;
    }
    if (name !== "file_ids" || !Array.isArray(member)) {
      return this.read(member, param);
    }
    return member.map((id: unknown, index) =>
      typeof id === "string" ? this.#id(id, name, `${param}[${index}]`) : id
    );
  }

  #id(text: string, name: string, param: string): string {
    if (!text.includes(MARK)) return text;
    const { provider, id } = readStoredId(text) ?? {};
    const isKnown = provider !== undefined && this.#providers.has(provider);
    // An address may hold the sign, too.
    if (id === undefined || !isKnown) {
      if (name !== "file_id" && name !== "file_ids") return text;
      throw new GatewayError(
        "invalid_request",
        `There is no file '${text.slice(0, 200)}'`,
        { code: CODE, param },
      );
    }
    this.at ??= { provider, providerParam: param };
    if (this.at.provider === provider) return id;
    throw new GatewayError(
      "invalid_request",
      `The file is at '${provider}', and that of '${this.at.providerParam}' at '${this.at.provider}': a request goes to one of them`,
      { code: CODE, param },
    );
  }
}

/** What a model has told a tool, in Anthropic's words. */
function isToolInput(value: object, name: string): boolean {
  return name === "input" && "type" in value &&
    String(value.type).endsWith("tool_use");
}
