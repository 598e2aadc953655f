import { GatewayError } from "@llm-proxy/core";
import type { Route } from "./dispatch.ts";
import type { Exchange } from "./exchange.ts";
import { GEMINI_CALLERS, isGeminiPath } from "./gemini_routes.ts";

/**
 * A part of a path that is drawn at random may be a key in the wrong place: one
 * with letters and digits, or with more large letters than names are made of.
 */
const RANDOM =
  /(?<=\/)(?:(?=[^/]*\d)(?=[^/]*[A-Za-z])|(?=(?:[^/A-Z]*[A-Z]){3})(?=(?:[^/a-z]*[a-z]){3}))[\w.~%:-]{16,}/g;

/** A path, as far as it may be told and logged. */
function shown(path: string): string {
  return path.slice(0, 200).replace(RANDOM, "…");
}

/** The path that is meant where a client's base URL lacks `/v1`, or has one too many. */
export function withOtherBase(path: string): string {
  return path.startsWith("/v1/v1") ? path.slice("/v1".length) : `/v1${path}`;
}

/** The answer where no route fits: 404, or 405 with what would (L14). */
export function noRoute(
  path: string,
  { allowed, client, meant }: {
    /** The methods that would do. @default {none: there is no such path} */
    readonly allowed?: readonly string[] | undefined;
    /** In whose words it is told. @default {as the path says} */
    readonly client?: Route["client"] | undefined;
    /** A path that there is, and that was probably meant. */
    readonly meant?: string | undefined;
  } = {},
): Route {
  const handle = ({ exchange }: { readonly exchange: Exchange }): never => {
    const what = `${exchange.method} ${shown(exchange.path)}`;
    if (allowed === undefined) {
      const hint = meant === undefined
        ? ""
        : `: ${shown(meant)} is meant, look at the client's base URL`;
      throw new GatewayError("not_found", `There is no ${what}${hint}`, {
        code: "unknown_url",
      });
    }
    throw new GatewayError(
      "method_not_allowed",
      `There is no ${what}: use ${allowed.join(" or ")}`,
      { code: "method_not_allowed", headers: { allow: allowed.join(", ") } },
    );
  };
  return {
    method: "GET",
    path: allowed === undefined ? "unknown" : path,
    ...(client !== undefined && { client }),
    ...(isGeminiPath(path) && GEMINI_CALLERS),
    handle,
  };
}
