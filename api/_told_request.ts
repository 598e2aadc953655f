import type { RouteRequest } from "@llm-proxy/core/routing";
import type { RequestContext } from "./endpoints.ts";

/** What is told of a request besides its body. */
interface Told {
  id?: string;
  header?: NonNullable<RouteRequest["header"]>;
  subject?: string;
  isOn?: NonNullable<RouteRequest["isOn"]>;
}

/**
 * Tells routing what it may ask of a request besides its body. The request is
 * not copied: what is dear to find out is found out where it is asked for.
 */
export function toldRequest(
  request: RouteRequest,
  context: RequestContext,
): RouteRequest {
  const { exchange, record: { id, key } } = context;
  const told: Told = request;
  told.id = id;
  told.header = (name) => exchange.header(name);
  if (key !== undefined) told.subject = key;
  if (context.gateway.flags.size > 0) {
    told.isOn = switchesFor(context, told.header);
  }
  return request;
}

/** Whether flags are on for a request. */
function switchesFor(
  { gateway: { flags }, record }: RequestContext,
  header: NonNullable<RouteRequest["header"]>,
): (flag: string) => boolean {
  const { id, key, route } = record;
  const team = record.account?.subject.team;
  return (flag) =>
    flags.isOn(flag, { key, team, route, header, unit: key ?? id });
}
