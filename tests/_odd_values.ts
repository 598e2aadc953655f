/** Values that nobody means, as JSON: for any field that a client may name. */
export const ODD_VALUES: readonly string[] = [
  "null",
  `""`,
  "[]",
  "{}",
  "1e400",
  "-1",
  "0.5",
  "123456789012345678901234567890",
  "true",
  `"${"x".repeat(20_000)}"`,
  `${"[".repeat(150)}${"]".repeat(150)}`,
  "[null]",
  `[{"type":null}]`,
  `{"type":"function","function":null,"__proto__":{"x":1},"constructor":1}`,
  `"\\ud800\\u0000\\r\\nx-injected: 1"`,
];
