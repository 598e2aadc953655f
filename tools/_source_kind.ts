const TEST_FILE = /(_test|_bench)\.ts$|^_test_|(^|\/)(testdata|tests|bench)\//;

/** The last segment of a path. */
export function baseName(path: string): string {
  return path.slice(
    Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1,
  );
}

/** Tells whether a file is a test, a benchmark or a helper of theirs. */
export function isTestFile(path: string): boolean {
  return TEST_FILE.test(baseName(path)) || TEST_FILE.test(path);
}
