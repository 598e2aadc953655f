/** What Deno does not give unless asked, and the service needs. */
const UNSTABLE = [
  "--unstable-kv",
  "--unstable-net",
  "--unstable-no-legacy-abort",
] as const;

/** How memory is managed: small requests in great number. */
const V8 =
  "--v8-flags=--no-parallel-scavenge,--min-semi-space-size=16,--max-semi-space-size=16,--heap-growing-percent=50";

/** What any process of the service is started with. */
export const ENGINE_FLAGS: readonly string[] = [...UNSTABLE, V8];

/** What a bundle is started with: it brings no config with it, and nothing is fetched. */
export const RUN_FLAGS: readonly string[] = [
  "--no-config",
  "--no-lock",
  "--cached-only",
  ...ENGINE_FLAGS,
];
