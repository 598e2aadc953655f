// Arms and shadows of routes that a flag switches.
import { assertEquals } from "@std/assert";
import { createApp, parseConfig } from "@llm-proxy/api";
import { StructuredLogger } from "@llm-proxy/logging";
import { ask } from "./_raw_client.ts";
import { RoutedRig } from "./_routed_rig.ts";

const ROUTES = `
  - match: m
    targets: [a/one]
    arms: [{name: canary, share: 1, flag: canary, targets: [b/two]}]
  - {match: s, targets: [a/one], shadow: {target: b/two, share: 1, flag: copies}}
`;

Deno.test("feature flags: an arm is reached by those for whom its flag is on, the rest gets the route's targets", async () => {
  await using rig = await RoutedRig.start({
    routes: ROUTES,
    config: `feature_flags:
  canary: {rules: [{headers: {X-Beta: "1"}, routes: [/v1/chat/completions]}]}
  copies: false
`,
  });
  await rig.answer(ask("m"));
  assertEquals([rig.a.requests.length, rig.b.requests.length], [1, 0]);
  const beta = ask("m").replace("\r\n", "\r\nX-Beta: 1\r\n");
  await rig.answer(beta);
  assertEquals([rig.a.requests.length, rig.b.requests.length], [1, 1]);
  await rig.answer(ask("s"));
  await rig.line("request", 3);
  assertEquals(rig.b.requests.length, 1);
});

Deno.test("feature flags: a shadow is sent once its flag is on", async () => {
  await using rig = await RoutedRig.start({
    routes: ROUTES,
    config: "feature_flags: {canary: false, copies: true}",
  });
  await rig.answer(ask("s"));
  await rig.line("shadow");
  assertEquals(rig.b.requests.length, 1);
});

Deno.test("feature flags: a flag that there is none of is a fault of the config, and changes are logged", async () => {
  const text = `providers: [{type: mock}]
routes:
  - match: m
    targets: [mock/echo]
    arms: [{name: c, share: 1, flag: cannary, targets: [mock/lorem]}]
    shadow: {target: mock/lorem, share: 1, flag: none}
feature_flags: {canary: {share: 0.5}}
`;
  const parse = (text: string) =>
    parseConfig(text, { file: "c.yaml", env: () => undefined });
  const result = parse(text);
  assertEquals(
    result.ok ? [] : result.faults.map(({ path }) => path),
    ["routes[0].arms[0].flag", "routes[0].shadow.flag"],
  );
  const good = parse(
    text.replace("cannary", "canary").replace("none", "canary"),
  );
  if (!good.ok) throw new Error(JSON.stringify(good.faults));
  const lines: string[] = [];
  const logger = new StructuredLogger({
    level: "info",
    format: "json",
    sink: (line: string) => lines.push(line),
  });
  const app = createApp(good.config, { logger });
  await app.close();
  await logger.close();
  assertEquals(
    lines.join("").includes("a feature flag has changed"),
    true,
  );
});
