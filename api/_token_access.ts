import { hash } from "node:crypto";
import { Access } from "./access.ts";
import type { JwtConfig } from "./config_types_keys.ts";
import { isRoleAtLeast, type Role } from "./role.ts";

type Claims = Readonly<Record<string, unknown>>;

const MAX_NAME = 64;

/** What the bearer of a token may do, by what its issuer says; `undefined` where a claim is missing that is needed. */
export function tokenAccess(
  claims: Claims,
  { claims: names, roles, clock_tolerance: tolerance }: JwtConfig,
): Access | undefined {
  const user = nameIn(claims, names.user);
  const team = nameIn(claims, names.team);
  const organisation = nameIn(claims, names.organisation);
  const isMissing = user === undefined ||
    names.team !== undefined && team === undefined ||
    names.organisation !== undefined && organisation === undefined;
  const { exp } = claims;
  if (isMissing || typeof exp !== "number") return undefined;
  const end = Math.min((exp + tolerance) * 1_000, 8.64e15);
  return new Access({
    id: `jwt:${user}`,
    user,
    team,
    organisation,
    role: roleIn(claims, { name: names.role, roles }),
    expires: new Date(end).toISOString(),
  });
}

/** A claim that names somebody: one line; a long one by its digest. */
function nameIn(claims: Claims, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : claimAt(claims, name);
  const isName = typeof value === "string" && value.isWellFormed() &&
    /^[^\p{Cc}]+$/u.test(value);
  if (!isName) return undefined;
  return value.length <= MAX_NAME ? value : hash("sha256", value, "hex");
}

/** The best role that the words of a claim stand for. */
function roleIn(
  claims: Claims,
  { name, roles }: {
    readonly name: string | undefined;
    readonly roles: Readonly<Record<string, Role>>;
  },
): Role {
  const value = name === undefined ? undefined : claimAt(claims, name);
  let best: Role = "client";
  for (const word of Array.isArray(value) ? value : [value]) {
    if (typeof word !== "string" || !Object.hasOwn(roles, word)) continue;
    const role = roles[word] ?? "client";
    if (isRoleAtLeast(role, best)) best = role;
  }
  return best;
}

/** A claim by its name, which may have dots; else by the way that they lead. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    if (!Object.hasOwn(value, step)) return undefined;
    value = (value as Claims)[step];
  }
  return value;
}
