/** The fields of a message: numbers, and bytes of anything else. */
export type Fields = Map<number, (bigint | Uint8Array<ArrayBuffer>)[]>;

/** Reads a message whose fields are numbers and bytes. */
export function readMessage(bytes: Uint8Array<ArrayBuffer>): Fields {
  const fields: Fields = new Map();
  let at = 0;
  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint());
    let value: bigint | Uint8Array<ArrayBuffer> = varint();
    if ((tag & 7) === 2) {
      const end = at + Number(value);
      value = bytes.slice(at, end);
      at = end;
    }
    const field = fields.get(tag >> 3);
    if (field) field.push(value);
    else fields.set(tag >> 3, [value]);
  }
  return fields;
}

/** The messages in a field. */
export function messages(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).map((value) =>
    readMessage(value as Uint8Array<ArrayBuffer>)
  );
}

/** The bytes in a field. */
export function bytesIn(
  fields: Fields,
  field: number,
): Uint8Array<ArrayBuffer> {
  const value = fields.get(field)?.[0];
  return value instanceof Uint8Array ? value : new Uint8Array();
}

/** The number in a field. */
export function numberIn(fields: Fields, field: number): number {
  return Number(fields.get(field)?.[0] ?? 0);
}

/** Writes a message: numbers and bytes by their fields. */
export function writeMessage(
  fields: readonly (readonly [number, number | Uint8Array])[],
): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  function varint(value: number): void {
    for (; value >= 0x80; value = Math.floor(value / 0x80)) {
      out.push((value % 0x80) | 0x80);
    }
    out.push(value);
  }
  for (const [field, value] of fields) {
    const isNumber = typeof value === "number";
    varint(field * 8 + (isNumber ? 0 : 2));
    varint(isNumber ? value : value.length);
    if (!isNumber) { for (const byte of value) out.push(byte); }
  }
  return Uint8Array.from(out);
}
