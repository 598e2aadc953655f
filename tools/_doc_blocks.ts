/** One fenced block of a page. */
export interface DocBlock {
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** The first word after the fence, for example `sh`. */
  readonly language: string;
  /** The other words after the fence. */
  readonly marks: ReadonlySet<string>;
  readonly text: string;
}

/** What is to be done with a page, in its order. */
export type DocStep =
  /** A file that the page shows by its name. */
  | { readonly does: "write"; readonly name: string; readonly block: DocBlock }
  /** A service that stays until the next one. */
  | { readonly does: "serve"; readonly block: DocBlock }
  /** Commands, or a program, and what they must print. */
  | {
    readonly does: "run";
    readonly block: DocBlock;
    readonly expected: string | undefined;
  };

/** Reads the fenced blocks of a page. */
export function docBlocks(page: string): DocBlock[] {
  const found: DocBlock[] = [];
  const lines = page.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(\S+)?(.*)$/.exec(lines[at] ?? "");
    if (fence === null) continue;
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new SyntaxError(`Line ${at + 1}: the block has no end`);
    found.push({
      line: at + 1,
      language: fence[1] ?? "",
      marks: new Set(fence[2]?.split(" ").filter((mark) => mark !== "")),
      text: lines.slice(at + 1, end).join("\n"),
    });
    at = end;
  }
  return found;
}

/**
 * What a newcomer does with a page: writes the files that begin with their name
 * (`# config.yaml`), starts what is marked `serve`, and runs what is marked
 * `try`, which must print what a block marked `text` says that comes next.
 */
export function docSteps(page: string): DocStep[] {
  const blocks = docBlocks(page);
  return blocks.flatMap((block, at): DocStep[] => {
    const name = /^(?:#|\/\/) ([\w.-]+\.\w+)\n/.exec(block.text)?.[1];
    if (name !== undefined) return [{ does: "write", name, block }];
    if (block.marks.has("serve")) return [{ does: "serve", block }];
    if (!block.marks.has("try")) return [];
    const next = blocks[at + 1];
    const expected = next?.language === "text" ? next.text : undefined;
    return [{ does: "run", block, expected }];
  });
}

/**
 * The first line of `expected` that `output` lacks. Lines must come in that
 * order, others may come between; `…` stands for anything within a line.
 *
 * @returns `undefined` where there is none.
 */
export function missingLine(
  expected: string,
  output: string,
): string | undefined {
  const lines = output.split(/\r?\n/);
  let at = 0;
  for (const line of expected.split("\n")) {
    if (line.trim() === "") continue;
    while (at < lines.length && !fits(line, lines[at] ?? "")) at++;
    if (at === lines.length) return line;
    at++;
  }
  return undefined;
}

/** Piece by piece, as a pattern of many `…` could take long. */
function fits(line: string, found: string): boolean {
  const [first = "", ...rest] = line.trimEnd().split("…");
  const last = rest.pop();
  const text = found.trimEnd();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const place = text.indexOf(piece, at);
    if (place < 0) return false;
    at = place + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
