import type { OpenApiDocument, Operation } from "./openapi.ts";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: #777; --mark: #0a7f5a; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin: 0; } h2 { margin: 2.5rem 0 .5rem; }
p, .dim { color: var(--dim); }
nav a { margin-right: 1rem; }
a { color: var(--mark); }
code { font: 14px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
details { border-top: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; color: var(--mark); font: 600 13px ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
td { border-top: 1px solid var(--line); padding: .25rem .5rem; vertical-align: top; }
td:first-child { width: 16rem; }
`;

type Json = Readonly<Record<string, unknown>>;

/** A document for people: one page, which loads nothing and runs nothing. */
export function docsPage(document: OpenApiDocument): string {
  const groups = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const [tag = ""] = operation.tags;
      const texts = groups.get(tag) ?? [];
      texts.push(operationText(document, { method, path, operation }));
      groups.set(tag, texts);
    }
  }
  const tags = [...groups.keys()];
  const { title, version, description } = document.info;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escape(title)} <span class="dim">${escape(version)}</span></h1>
<p>${
    escape(description)
  } The same for programs: <a href="/openapi.json">/openapi.json</a></p>
<nav>${
    tags.map((it) => `<a href="#${idOf(it)}">${escape(it)}</a>`).join("\n")
  }</nav>
</header>
<main>
${
    tags.map((it) =>
      `<section id="${idOf(it)}">\n<h2>${escape(it)}</h2>\n${
        groups.get(it)?.join("\n") ?? ""
      }\n</section>`
    ).join("\n")
  }
</main>
</body>
</html>
`;
}

function operationText(
  { components }: OpenApiDocument,
  { method, path, operation }: {
    readonly method: string;
    readonly path: string;
    readonly operation: Operation;
  },
): string {
  const { summary, parameters, security, requestBody } = operation;
  const [[type = "", body] = []] = Object.entries(
    (requestBody?.content ?? {}) as Readonly<Record<string, Json>>,
  );
  const ref = (body?.schema as Json | undefined)?.$ref;
  const name = String(ref ?? "").split("/").at(-1) ?? "";
  const rows = [
    ...parameters.map((it) => row(it.name, it.in, it.required)),
    ...membersOf(components.schemas[name] ?? {}),
  ];
  const notes = [
    security.length === 0 ? "needs no key" : undefined,
    type === "" ? undefined : `body: ${type}`,
  ].filter((it) => it !== undefined);
  return `<details>
<summary><b>${method.toUpperCase()}</b> <code>${escape(path)}</code> ${
    escape(summary)
  }</summary>
${notes.length > 0 ? `<p>${escape(notes.join("; "))}</p>` : ""}
${rows.length > 0 ? `<table>${rows.join("")}</table>` : ""}
</details>`;
}

/** The members of an object, each with its type and what is said of it. */
function membersOf(schema: Json): string[] {
  const required = (schema.required ?? []) as readonly string[];
  const properties = (schema.properties ?? {}) as Readonly<
    Record<string, Json>
  >;
  return Object.entries(properties).map(([name, it]) =>
    row(
      name,
      [typeOf(it), it.description].filter((text) => text !== undefined)
        .join(": "),
      required.includes(name),
    )
  );
}

function typeOf(schema: Json): string | undefined {
  if (Array.isArray(schema.enum)) return schema.enum.join(" | ");
  const { type, anyOf } = schema;
  if (Array.isArray(anyOf)) return anyOf.map(typeOf).join(" | ");
  return type === undefined ? undefined : String(type);
}

function row(name: string, text: string, isRequired: boolean): string {
  const mark = isRequired ? " <span class=dim>required</span>" : "";
  return `<tr><td><code>${escape(name)}</code>${mark}</td><td>${
    escape(text)
  }</td></tr>`;
}

function idOf(tag: string): string {
  return tag.toLowerCase().replaceAll(" ", "-");
}

function escape(text: unknown): string {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
