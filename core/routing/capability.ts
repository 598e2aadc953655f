/** Something that not every model can do, and that a request may need. */
export type Capability =
  | "tools"
  | "vision"
  | "json_schema"
  | "streaming"
  | "audio"
  | "file";

/** All of them. */
export const capabilityNames: readonly Capability[] = [
  "tools",
  "vision",
  "json_schema",
  "streaming",
  "audio",
  "file",
];

/** What is known of a deployment's abilities. What is not named is unknown, and then allowed. */
export type Capabilities = Readonly<Partial<Record<Capability, boolean>>>;

const BITS: ReadonlyMap<string, number> = new Map(
  capabilityNames.map((name, index) => [name, 1 << index]),
);

/** A list as bits; what is no capability has none. */
export function capabilityBits(names: readonly string[]): number {
  let bits = 0;
  for (const name of names) bits |= BITS.get(name) ?? 0;
  return bits;
}

/** What a deployment is known to lack, as bits. */
export function lackingBits(capabilities: Capabilities): number {
  return capabilityBits(
    capabilityNames.filter((name) => capabilities[name] === false),
  );
}

/** Bits as the names they stand for. */
export function capabilitiesOf(bits: number): Capability[] {
  return capabilityNames.filter((_, index) => (bits & (1 << index)) !== 0);
}
