// Logs as many records as it is told to and says on standard error what was lost.
import { StructuredLogger } from "./structured_logger.ts";

const log = new StructuredLogger({
  format: Deno.args[1] === "auto" ? "auto" : "json",
});
for (let at = 0; at < Number(Deno.args[0]); at++) {
  log.info("Flood", { at, text: "x".repeat(400) });
  if (at % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
}
let lateness = 0;
for (let turn = 0; turn < 5; turn++) {
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 10));
  lateness = Math.max(lateness, performance.now() - start - 10);
}
await log.close();
await Deno.stderr.write(
  new TextEncoder().encode(JSON.stringify({ dropped: log.dropped, lateness })),
);
