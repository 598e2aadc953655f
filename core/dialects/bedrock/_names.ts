import { createHash } from "node:crypto";
import { cannotCarry } from "../_cannot_carry.ts";
import { readCallId, wireCallId as wireId } from "../anthropic/_tool_ids.ts";

/** How long a tool's name and the id of a call may be. */
const MAX_LENGTH = 64;

/**
 * A tool's name in the letters that Converse takes, which are those of ids
 * (C8); {@linkcode readToolName} reads it back.
 *
 * @throws {GatewayError} 400 when it is too long.
 */
export function wireToolName(name: string, param: string): string {
  const wire = wireId(name);
  if (wire.length <= MAX_LENGTH) return wire;
  throw cannotCarry(
    param,
    `send a tool's name that needs more than ${MAX_LENGTH} characters`,
    "invalid_value",
  );
}

/** A tool's name as its caller gave it. */
export function readToolName(name: string): string {
  return readCallId(name);
}

/**
 * The id of a call as Converse takes it: one that is too long becomes a digest,
 * the same one each time, so that call and result still belong together.
 */
export function wireCallId(id: string): string {
  const wire = wireId(id);
  if (wire.length <= MAX_LENGTH) return wire;
  return `call_${createHash("sha256").update(id).digest("hex").slice(0, 32)}`;
}
