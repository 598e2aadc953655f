import { assertEquals } from "@std/assert";
import { linesOf, parse } from "./_config_fixture_test.ts";

const BASE = "summarize needs condensation.summary_model beside it";
const ROUTE =
  "summarize needs summary_model beside it, or condensation.summary_model";

Deno.test("parseConfig() tells of summaries that no model makes", () => {
  const routes = (condense: string): string =>
    `providers: [{type: mock}]
routes: [{match: a, targets: [mock/echo], condense: ${condense}}]
`;
  for (
    const [text, ...faults] of [
      [
        "condensation: {strategies: [drop_oldest, summarize]}",
        `1:42 condensation.strategies[1]: ${BASE}`,
      ],
      ["condensation: {strategies: [summarize], summary_model: mock/lorem}"],
      [
        routes("{strategies: [summarize]}"),
        `2:67 routes[0].condense.strategies[0]: ${ROUTE}`,
      ],
      [routes("{strategies: [summarize], summary_model: mock/lorem}")],
      [
        `condensation: {summary_model: mock/lorem}\n${
          routes("{strategies: [summarize]}")
        }`,
      ],
      // What is for one route alone is no fault of the others.
      [
        `condensation: {strategies: [summarize]}\n${
          routes("{summary_model: mock/lorem}")
        }`,
      ],
      [
        `condensation: {enabled: true, strategies: [summarize]}\n${
          routes("{summary_model: mock/lorem}")
        }`,
        `1:44 condensation.strategies[0]: ${BASE}`,
      ],
    ] as const
  ) {
    const told = parse(text).ok ? [] : linesOf(text);
    assertEquals(told, faults, text);
  }
});
