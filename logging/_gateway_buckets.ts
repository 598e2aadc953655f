/** The conventions' buckets for the duration of an operation, in seconds. */
export const OPERATION_SECONDS = [
  ...[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56],
  ...[5.12, 10.24, 20.48, 40.96, 81.92],
] as const;

/** The conventions' buckets for tokens. */
export const TOKENS = [
  ...[1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144],
  ...[1_048_576, 4_194_304, 16_777_216, 67_108_864],
] as const;

/** The conventions' buckets for the time to the first token, in seconds. */
export const FIRST_TOKEN_SECONDS = [
  ...[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1],
  ...[0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
] as const;

/** The conventions' buckets for the time per output token, in seconds. */
export const OUTPUT_TOKEN_SECONDS = [
  ...[0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2],
  ...[0.3, 0.4, 0.5, 0.75, 1, 2.5],
] as const;

/** From a quick answer of our own to the longest stream, in seconds. */
export const REQUEST_SECONDS = [
  ...[0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
] as const;

/** What the gateway adds, and what keeps its loop busy, in seconds. */
export const SHORT_SECONDS = [
  ...[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01],
  ...[0.025, 0.05, 0.1, 0.25, 1],
] as const;
