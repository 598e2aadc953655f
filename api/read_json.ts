import {
  GatewayError,
  type JsonDocument,
  parseJsonDocument,
  parseLargeJson,
} from "@llm-proxy/core";
import { giveWay } from "./_give_way.ts";
import { refuseLarge } from "./_memory_watch.ts";
import type { RequestContext } from "./endpoints.ts";

const MIB = 1024 * 1024;

/** Reads the body under its cap and parses it. */
export async function readJson(context: RequestContext): Promise<JsonDocument> {
  const { gateway, exchange, record } = context;
  const type = exchange.header("content-type");
  if (type === undefined || !isJson(type)) {
    throw new GatewayError(
      "unsupported_media_type",
      "The request body must be JSON: send 'content-type: application/json'",
      { code: "unsupported_content_type" },
    );
  }
  const cap = gateway.config.server.max_body_mb * MIB;
  refuseLarge(gateway.memory, Number(exchange.header("content-length") ?? 0));
  const { waiting } = record;
  let body: Uint8Array;
  waiting.begin();
  try {
    body = await exchange.body(cap);
  } finally {
    waiting.end();
  }
  const { admitted } = record;
  if (admitted && exchange.header("content-length") === undefined) {
    gateway.limits.measured(admitted, body.length);
  }
  const pause = giveWay(context, body.length);
  const document = pause === undefined
    ? parseJsonDocument(body)
    : await parseInTurns(context, { body, pause });
  record.document = document;
  if (gateway.parts.owners.isUsed) {
    const { checkNamedFiles } = await import("./_named_files.ts");
    await waiting.during(checkNamedFiles(context, document));
  }
  return document;
}

function isJson(type: string): boolean {
  // As most say it.
  return type === "application/json" ||
    /^application\/(?:[\w.-]+\+)?json\b/i.test(type);
}

/** Parses a large body, so that others don't wait for all of it. */
async function parseInTurns(
  context: RequestContext,
  { body, pause }: {
    readonly body: Uint8Array;
    readonly pause: Promise<void>;
  },
): Promise<JsonDocument> {
  await pause;
  refuseLarge(context.gateway.memory, body.length);
  return await parseLargeJson(body, {
    pause: async () => await giveWay(context, body.length),
  });
}

/** The model that the caller asked for; it must have asked for one. */
export function checkModel({ value }: JsonDocument): string {
  if (typeof value.model === "string" && value.model !== "") return value.model;
  throw new GatewayError(
    "invalid_request",
    "Field 'model' must be a string that is not empty",
    { code: "missing_required_parameter", param: "model" },
  );
}
