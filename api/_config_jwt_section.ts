import * as z from "@zod/zod";
import { address, line } from "./_config_values.ts";
import { ROLES } from "./role.ts";

/** How a token may be signed: by a key pair, so that whoever can check one can make none. */
const JWT_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

const claim = (what: string) => line(256).optional().describe(what);

/** `auth.jwt` */
export const jwt = z.strictObject({
  issuer: line(2048).describe(
    "The iss that tokens must have, letter by letter.",
  ),
  audience: z.union([line(256), z.array(line(256)).min(1).max(20)])
    .describe("The aud that tokens must have, one of them."),
  jwks_url: address().describe(
    "Where the issuer's public keys are: the jwks_uri of its openid-configuration.",
  ),
  algorithms: z.array(z.enum(JWT_ALGORITHMS)).min(1).max(10)
    .default(["RS256", "PS256", "ES256", "EdDSA"])
    .describe("How tokens may be signed."),
  clock_tolerance: z.number().min(0).max(300).default(30).describe(
    "Seconds by which the issuer's clock may differ.",
  ),
  claims: z.strictObject({
    user: line(256).default("sub").describe("Who it is."),
    team: claim("The team that pays; a token must have it then."),
    organisation: claim("Its organisation; a token must have it then."),
    role: claim("A word, or a list of words, that roles says the role of."),
  }).prefault({}).describe(
    "Claims by name; dots lead into objects, as in realm_access.roles.",
  ),
  roles: z.record(line(256), z.enum(ROLES)).default({}).describe(
    "Words of the claim of roles to roles here; the best counts, else client.",
  ),
}).optional().describe("Tokens of an OpenID Connect provider, as bearers.");
