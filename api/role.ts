/** What a caller may do to the gateway itself; each may do what those before it may. */
export const ROLES = ["client", "viewer", "operator", "admin"] as const;

/** One of {@linkcode ROLES}. */
export type Role = (typeof ROLES)[number];

/** Whether a role is as good as another that is needed. */
export function isRoleAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
