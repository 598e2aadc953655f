import type { RouteRequest } from "@llm-proxy/core/routing";
import type { RequestContext } from "./endpoints.ts";

/**
 * Tells routing what it may ask of a request besides its body. The request is
 * not copied: what is dear to find out is found out where it is asked for.
 */
export function toldRequest(
  request: RouteRequest,
  { gateway: { flags }, exchange, record }: RequestContext,
): RouteRequest {
  const { id, key, route } = record;
  const team = record.account?.subject.team;
  const header = (name: string): string | undefined => exchange.header(name);
  return Object.assign(request, {
    id,
    header,
    ...(key !== undefined && { subject: key }),
    ...(flags.size > 0 && {
      isOn: (flag: string): boolean =>
        flags.isOn(flag, { key, team, route, header, unit: key ?? id }),
    }),
  });
}
