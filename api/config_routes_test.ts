import { assert, assertEquals } from "@std/assert";
import { faultsOf, linesOf, parse } from "./_config_fixture_test.ts";

const PROVIDERS = `
providers:
  - {type: mock, models: [echo]}
  - {type: groq, enabled: false}
`;

/** Faults of routes, as `line:column path: message` counted from the line of `routes`. */
function faultsOfRoutes(
  routes: string,
  variables: Readonly<Record<string, string>> = {},
): string[] {
  const before = PROVIDERS.split("\n").length - 1;
  return linesOf(PROVIDERS + routes, variables).map((line) =>
    line.replace(/^\d+/, (digits) => String(Number(digits) - before))
  );
}

Deno.test("parseConfig() fills in the defaults of a route", () => {
  const result = parse(
    `${PROVIDERS}routes:\n  - match: fast\n    targets: [echo]\n    hedge: {min_delay: 60}\n`,
  );
  assert(result.ok, JSON.stringify(result));
  assertEquals(result.config.routes, [{
    match: ["fast"],
    strategy: "ordered",
    targets: ["echo"],
    fallbacks: [],
    context_window_fallbacks: [],
    content_policy_fallbacks: [],
    arms: [],
    hedge: {
      quantile: 0.95,
      max_share: 0.05,
      max_cost_share: 0.05,
      min_samples: 50,
      min_delay: 60,
      // The default of 30 would contradict what was set.
      max_delay: 60,
      burst: 5,
    },
    after_commit: "error",
    hang_up: "cancel",
    drain_timeout: 30,
  }]);
});

Deno.test("F6: what is wrong with routes is told with its place, all at once", () => {
  assertEquals(
    faultsOfRoutes(`routes:
  - match: [fast, "a*b*"]
    targets: [echo, mock/echo, nobody/x, {model: unlisted, weight: 1}]
    fallbacks: [unknown, smart]
  - match: smart
    targets: [mock/slow-*]
    fallbacks: [fast]
    arms:
      - {name: canary, share: 0.7, targets: [mock/a]}
      - {name: canary, share: 0.7, targets: [nobody/a]}
    shadow: {share: 0.1, target: nobody/s}
    context_window_fallbacks:
      - groq/large
  - match: smart
    targets: [mock/echo]
    content_policy_fallbacks: [gpt-*]
`),
    [
      `2:19 routes[0].match[1]: 'a*b*' has more than one '*'`,
      `3:32 routes[0].targets[2]: Unknown target 'nobody/x': write 'provider/model', or a model that a provider lists`,
      `3:50 routes[0].targets[3].model: Unknown target 'unlisted': write 'provider/model', or a model that a provider lists`,
      `4:17 routes[0].fallbacks[0]: Unknown fallback 'unknown': name a route, a model that a provider lists, or 'provider/model'`,
      `6:15 routes[1].targets[0]: Target 'mock/slow-*' has a '*', but the name of its route has none`,
      `7:17 routes[1].fallbacks[0]: Fallbacks go in a circle: fast -> smart -> fast`,
      `9:7 routes[1].arms: The shares of the arms are more than 1`,
      `10:16 routes[1].arms[1].name: Another arm is called 'canary' already`,
      `10:46 routes[1].arms[1].targets[0]: Unknown target 'nobody/a': write 'provider/model', or a model that a provider lists`,
      `11:34 routes[1].shadow.target: Unknown target 'nobody/s': write 'provider/model', or a model that a provider lists`,
      `13:9 routes[1].context_window_fallbacks[0]: Unknown fallback: its provider is off (enabled: false)`,
      `14:12 routes[2].match: Another route has the name 'smart' already`,
      `16:32 routes[2].content_policy_fallbacks[0]: Fallback 'gpt-*' has a '*', but the name of its route has none`,
    ],
  );
});

Deno.test("F6: faults of routes are told beside others", () => {
  assertEquals(
    linesOf(
      "providers: [{type: openai, models: [a]}]\nroutes: [{match: x, targets: [b/c]}]\n",
    ).map((line) => line.split(":").slice(0, 2).join(":")),
    ["1:20 providers[0].type", "2:31 routes[0].targets[0]"],
  );
});

Deno.test("parseConfig() checks what spans several keys of a route", () => {
  assertEquals(
    faultsOfRoutes(`routes:
  - match: [a, b, a]
    targets: [echo]
    sticky: {max_load: 2}
    hedge: {min_delay: 2, max_delay: 1}
  - match: c
    targets: []
    strategy: wieghted
    sticky: {header: "x y"}
    after_commit: retry
`),
    [
      "2:19 routes[0].match[2]: match holds this name already",
      "4:5 routes[0].sticky: sticky does nothing without header or prefix: true",
      "5:24 routes[0].hedge.min_delay: min_delay must not be more than max_delay",
      "7:14 routes[1].targets: routes[1].targets must not be empty",
      "8:15 routes[1].strategy: routes[1].strategy must be ordered, weighted, least_latency, least_busy, lowest_cost or quota_aware, not 'wieghted' (did you mean 'weighted'?)",
      "9:22 routes[1].sticky.header: routes[1].sticky.header is not a header name",
      "10:19 routes[1].after_commit: routes[1].after_commit must be error or continue, not 'retry'",
    ],
  );
});

Deno.test("X11: no fault of a route repeats what came from the environment", () => {
  const canary = "canary-q7w";
  const texts = [
    "{match: x, targets: ['${NAME}/y']}",
    "{match: x, targets: [{model: '${NAME}'}]}",
    "{match: x, targets: [echo], fallbacks: ['${NAME}']}",
    "{match: '${NAME}', targets: [echo], fallbacks: ['${NAME}']}",
    "{match: ['${NAME}'], targets: [echo], fallbacks: ['${NAME}']}",
    "{match: '${NAME}**', targets: [echo]}",
    "{match: '${NAME}', targets: [echo]}, {match: '${NAME}', targets: [echo]}",
    "{match: x, targets: [echo], arms: [{name: '${NAME}', share: 0, targets: [echo]}, {name: '${NAME}', share: 0, targets: [echo]}]}",
  ];
  for (const text of texts) {
    const faults = faultsOf(`${PROVIDERS}routes: [${text}]\n`, {
      NAME: canary,
    });
    assertEquals(faults.length > 0, true, text);
    for (const { message, path } of faults) {
      assert(!`${message} ${path}`.includes(canary), message);
    }
  }
});

Deno.test("U20: a circle of a thousand routes is told in bounded time", () => {
  const size = 1000;
  const routes = Array.from(
    { length: size },
    (_, index) =>
      `  - {match: r${index}, targets: [echo], fallbacks: [r${
        (index + 1) % size
      }]}\n`,
  );
  const start = performance.now();
  const [fault] = faultsOfRoutes(`routes:\n${routes.join("")}`);
  assert(performance.now() - start < 20_000);
  assert(fault?.includes("Fallbacks go in a circle: r0 -> "), fault);
});
