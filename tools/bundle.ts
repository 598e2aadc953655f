// Makes the service as one file for `deno run`: dist/llm-proxy.js.
// Usage: deno task bundle [--out DIR]
import { parseArgs } from "node:util";
import { bundle, describe, DIST } from "./_build.ts";

const { values } = parseArgs({
  options: { out: { type: "string", default: DIST } },
});
const file = await bundle(values.out);
await describe(values.out, [file, `${file}.map`]);
// deno-lint-ignore no-console
console.log(`${file} with sbom.cdx.json and SHA256SUMS`);
