// Makes the service as one executable: dist/llm-proxy, or one for each target.
// Usage: deno task compile [--target TRIPLE]... [--out DIR]
// DENORT_BIN names the runtime to use where it can't be downloaded.
import { buildOptions, bundle, describe, DIST, run } from "./_build.ts";

const values = buildOptions(
  {
    target: { type: "string", multiple: true },
    out: { type: "string", default: DIST },
  },
  "deno task compile [--target TRIPLE]... [--out DIR]",
);
/** What a bundle cannot bring with it, and what the program may do: systemd narrows that further. */
const FLAGS = [
  "--no-config",
  "--no-lock",
  "--unstable-kv",
  "--unstable-net",
  "--unstable-no-legacy-abort",
  "--no-prompt",
  "--deny-import",
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-sys",
  "--allow-run=systemctl,llm-proxy,/usr/bin/llm-proxy",
];

const bundled = await bundle(values.out);

async function compile(target?: string): Promise<string> {
  const manifest = JSON.parse(await Deno.readTextFile("deno.json"));
  const engine = String(manifest.tasks.start).match(/--v8-flags=\S+/g) ?? [];
  const windows = target?.includes("windows") ? ".exe" : "";
  const output = `${values.out}/llm-proxy${
    target ? `-${target}` : ""
  }${windows}`;
  await run("deno", {
    args: [
      "compile",
      "--no-check",
      "--app-name=llm-proxy",
      ...FLAGS,
      ...engine,
      ...target ? [`--target=${target}`] : [],
      `--output=${output}`,
      bundled,
    ],
    // Deno's own telemetry would send the addresses of requests, keys included,
    // and is fixed here, not at run time: docs/telemetry.md. The gateway's is
    // switched on by its config.
    env: { OTEL_DENO: "false" },
  });
  return output;
}

const files = [];
for (const target of values.target ?? [undefined]) {
  files.push(await compile(target));
}
await describe(values.out, [...files, bundled]);
// deno-lint-ignore no-console -- a tool tells its user
console.log(`${files.join(", ")} with sbom.cdx.json and SHA256SUMS`);
