import { createHash } from "node:crypto";
import type { RequestContext } from "./endpoints.ts";
import { replyHeaders } from "./_reply_headers.ts";
import { sendJsonText } from "./_send_json.ts";

/** What was written once: it is the same until the process ends. */
const written = new Map<string, Promise<string>>();

/** `GET /openapi.json`: what callers can ask, as OpenAPI 3.1. */
export async function getOpenApi(context: RequestContext): Promise<void> {
  sendJsonText(context, await once("public", publicText));
}

/** `GET /admin/openapi.json`: what admins can ask, as OpenAPI 3.1. */
export async function getAdminOpenApi(context: RequestContext): Promise<void> {
  sendJsonText(context, await once("admin", adminText));
}

/** `GET /docs`: the same as {@linkcode getOpenApi} for people: a page without a script, that asks for nothing else. */
export async function getDocs(context: RequestContext): Promise<void> {
  const { exchange, record } = context;
  const page = await once("page", pageText);
  const headers = replyHeaders(record);
  headers["content-type"] = "text/html; charset=utf-8";
  headers["referrer-policy"] = "no-referrer";
  headers["content-security-policy"] = policyOf(page);
  exchange.send(200, headers, page);
  record.status = 200;
}

/** Lets a page have its own style, and nothing else. */
function policyOf(page: string): string {
  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
  const digest = createHash("sha256").update(style).digest("base64");
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

function once(name: string, write: () => Promise<string>): Promise<string> {
  const known = written.get(name) ?? write();
  written.set(name, known);
  return known;
}

// Loaded when somebody asks: the tables of routes lead here.
async function publicText(): Promise<string> {
  const { openApi, publicSurface } = await import("./openapi.ts");
  return JSON.stringify(openApi(publicSurface));
}

async function adminText(): Promise<string> {
  const { adminSurface, openApi } = await import("./openapi.ts");
  return JSON.stringify(openApi(adminSurface));
}

async function pageText(): Promise<string> {
  const { openApi, publicSurface } = await import("./openapi.ts");
  const { docsPage } = await import("./_docs_page.ts");
  return docsPage(openApi(publicSurface));
}
