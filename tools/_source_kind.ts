const TEST_FILE = /(_test|_bench)\.ts$|^_test_|(^|\/)(testdata|tests|bench)\//;

const ROOT = new URL("..", import.meta.url).pathname;

/** The last segment of a path. */
export function baseName(path: string): string {
  return path.slice(
    Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1,
  );
}

/** Tells whether a file is a test, a benchmark or a helper of theirs. */
export function isTestFile(path: string): boolean {
  const inside = path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
  return TEST_FILE.test(inside) || TEST_FILE.test(baseName(path));
}
