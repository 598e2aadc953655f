import { PartialWriteError } from "./partial_write_error.ts";

const LINE_FEED = 10;

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === LINE_FEED) count++;
  return count;
}

/** The bytes with a line break before them. */
function afterBreak(bytes: Uint8Array): Uint8Array {
  const broken = new Uint8Array(bytes.length + 1);
  broken[0] = LINE_FEED;
  broken.set(bytes, 1);
  return broken;
}

/**
 * Makes a function that writes whole lines through one that writes as much as
 * there is room for and tells how many bytes that was. After a write that
 * broke off within a line, the next one starts on a line of its own.
 */
export function lineWriter(
  writeSome: (bytes: Uint8Array) => Promise<number>,
): (lines: Uint8Array) => Promise<void> {
  let midLine = false;
  return async function writeLines(lines: Uint8Array): Promise<void> {
    const lead = midLine ? 1 : 0;
    const bytes = midLine ? afterBreak(lines) : lines;
    let done = 0;
    try {
      while (done < bytes.length) done += await writeSome(bytes.subarray(done));
      midLine = false;
    } catch (cause) {
      const written = bytes.subarray(0, done);
      if (done > 0) midLine = written.at(-1) !== LINE_FEED;
      throw new PartialWriteError("Cannot write all lines", {
        linesWritten: Math.max(0, countLines(written) - lead),
        cause,
      });
    }
  };
}
