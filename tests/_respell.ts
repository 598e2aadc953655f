/** A repeatable source of numbers from 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/**
 * Writes an event stream another way that means the same: any line ends, data
 * in several lines, with and without the blank, comments, unknown fields, a
 * byte order mark, no blank line at the end.
 */
export function respell(stream: string, random: () => number): string {
  const one = <T>(choices: readonly T[]): T =>
    choices[Math.floor(random() * choices.length)]!;
  let text = random() < 0.3 ? "\ufeff" : "";
  const line = (content: string): void => {
    // After a lone CR an empty line must not end in LF: that would be one end.
    const afterCr = content === "" && text.endsWith("\r");
    text += content + one(afterCr ? ["\r", "\r\n"] : ["\n", "\r", "\r\n"]);
  };
  for (const event of stream.split("\n\n")) {
    if (event === "") continue;
    if (random() < 0.3) line(one([": ping", ":", "retry: 10", "odd"]));
    if (random() < 0.1) line("");
    for (const field of event.split("\n")) {
      const [, name = "", value = ""] = /^(\w+): (.*)$/.exec(field) ?? [];
      // A line break may stand where JSON allows one.
      const parts = name === "data" && random() < 0.3
        ? value.split(/(?<=,)(?=")/)
        : [value];
      for (const part of parts) {
        line(`${name}:${one([" ", ""])}${part}`);
        if (random() < 0.1) line(one([": between", "id: 1", "foo: bar"]));
      }
    }
    line("");
  }
  return random() < 0.2 ? text.trimEnd() : text;
}

/** Cuts bytes into pieces of 1 to `most`, short ones above all. */
export function* pieces(
  bytes: Uint8Array,
  { most, random }: { readonly most: number; readonly random: () => number },
): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(random() ** 3 * most);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
