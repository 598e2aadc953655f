// Makes the service as one file for `deno run`: dist/llm-proxy.js.
// Usage: deno task bundle [--out DIR]
import { buildOptions, bundle, describe, DIST } from "./_build.ts";

const values = buildOptions(
  { out: { type: "string", default: DIST } },
  "deno task bundle [--out DIR]",
);
const file = await bundle(values.out);
await describe(values.out, [file, `${file}.map`]);
// deno-lint-ignore no-console -- a tool tells its user
console.log(`${file} with sbom.cdx.json and SHA256SUMS`);
