import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { TokenEstimator } from "./token_estimator.ts";
import { measureContent, measureRequest } from "./token_measure.ts";

const LONG = measureContent("All work and no play. ".repeat(1_000));

Deno.test("TokenEstimator comes near what OpenAI's encoding gives in a dozen languages", () => {
  const estimator = new TokenEstimator();
  // Counted with o200k_base.
  const samples: readonly (readonly [text: string, tokens: number])[] = [
    [
      "The quick brown fox jumps over the lazy dog. On Monday morning the committee met again to discuss whether the proposal, which had been circulated a week earlier, should be adopted without changes. Nobody objected, though several members asked for clarification about costs.",
      50,
    ],
    [
      "Die Sitzung wurde am Montagmorgen fortgesetzt, um über den Vorschlag zu beraten, der eine Woche zuvor verteilt worden war. Niemand erhob Einwände, obwohl mehrere Mitglieder um Erläuterungen über die Kosten baten. Größere Änderungen wären möglich.",
      52,
    ],
    [
      "Заседание возобновилось в понедельник утром для обсуждения предложения, разосланного неделей ранее. Никто не возражал, хотя несколько членов попросили разъяснений о стоимости.",
      44,
    ],
    [
      "会议于星期一上午继续进行,讨论一周前分发的提案。虽然有几位成员要求说明费用,但没有人反对。我们认为应当在下个季度之前完成所有的修改工作。",
      48,
    ],
    [
      "회의는 월요일 아침에 재개되어 일주일 전에 배포된 제안에 대해 논의했습니다. 여러 위원이 비용에 대한 설명을 요청했지만 반대하는 사람은 없었습니다.",
      44,
    ],
  ];
  for (const [text, tokens] of samples) {
    const told = estimator.estimate(measureContent(text), "gpt-4o").tokens;
    assert(Math.abs(told / tokens - 1) < 0.3, `${told} of ${tokens}: ${text}`);
  }
});

Deno.test("TokenEstimator counts pictures by the rules of their model", () => {
  const estimator = new TokenEstimator();
  const tokensOf = (model: string, width: number, height: number): number => {
    const measure = {
      ...measureContent(""),
      images: [{ width, height, isLow: false }],
    };
    const bare = estimator.estimate(measureContent(""), model).tokens;
    return estimator.estimate({ ...LONG, ...measure, letters: 0 }, model)
      .tokens - bare;
  };
  const only = (model: string, width: number, height: number): number =>
    estimator.estimate({
      letters: 0,
      digits: 0,
      marks: 0,
      latin: 0,
      alphabetic: 0,
      wide: 0,
      frames: 0,
      tools: 0,
      mediaChars: 0,
      images: [{ width, height, isLow: false }],
    }, model).tokens;
  assert(tokensOf("gpt-4o", 1024, 1024) > 700);
  assertEquals(only("gpt-4o", 1024, 1024), 765);
  assertEquals(only("gpt-4o", 2048, 4096), 1105);
  assertEquals(only("openai/gpt-4.1-mini", 1024, 1024), Math.ceil(1024 * 1.62));
  assertEquals(only("claude-sonnet-4-5", 1000, 1000), 1334);
  assertEquals(only("claude-sonnet-4-5", 4000, 4000), 1600);
  assertEquals(only("gemini-2.5-pro", 300, 300), 258);
  assertEquals(only("gemini-2.5-pro", 960, 540), 516);
});

Deno.test("TokenEstimator learns from reports, each model by itself", () => {
  const estimator = new TokenEstimator();
  const before = estimator.estimate(LONG, "acme/one");
  for (let i = 0; i < 30; i++) {
    estimator.learn(LONG, "acme/one", before.tokens * 1.35);
  }
  const after = estimator.estimate(LONG, "acme/one");
  assert(Math.abs(after.tokens / before.tokens - 1.35) < 0.02);
  assert(after.high / after.tokens < 1.06, "sure of itself");
  // What others have sent has no request refused that is not surely too long.
  assertLess(after.low, before.tokens * 1.25);
  assertEquals(estimator.estimate(LONG, "acme/two"), before);
});

Deno.test("TokenEstimator is moved by no single report, and never far", () => {
  const estimator = new TokenEstimator();
  const { tokens } = estimator.estimate(LONG, "m");
  for (let i = 0; i < 20; i++) estimator.learn(LONG, "m", tokens);
  estimator.learn(LONG, "m", tokens * 1_000);
  assertLess(estimator.estimate(LONG, "m").tokens, tokens * 1.3);
  for (let i = 0; i < 500; i++) estimator.learn(LONG, "m", 1e12);
  assertLess(estimator.estimate(LONG, "m").tokens, tokens * 2.6);
  for (const odd of [NaN, -1, 0, 10]) {
    estimator.learn(LONG, "odd", odd);
    estimator.learn(measureContent("hi"), "odd", 5_000);
  }
  assertEquals(estimator.estimate(LONG, "odd").tokens, tokens);
});

Deno.test("TokenEstimator keeps so many models, and forgets the one unheard of longest", () => {
  const estimator = new TokenEstimator({ maxModels: 3 });
  const { tokens } = estimator.estimate(LONG, "a");
  for (const model of ["a", "b", "c", "a", "d"]) {
    estimator.learn(LONG, model, tokens * 2);
  }
  assertEquals(estimator.models, 3);
  assertGreater(estimator.estimate(LONG, "a").tokens, tokens);
  assertEquals(estimator.estimate(LONG, "b").tokens, tokens);
});

Deno.test("TokenEstimator counts a tool's words and what tools cost besides", () => {
  const estimator = new TokenEstimator();
  const request = { messages: [{ role: "user", content: "hi" }] };
  const tools = [{
    name: "look",
    description: "Looks at a place",
    input_schema: { type: "object", properties: { place: { type: "string" } } },
  }];
  const bare = estimator.estimate(measureRequest(request), "claude-x").tokens;
  const full = estimator.estimate(
    measureRequest({ ...request, tools }),
    "claude-x",
  ).tokens;
  assertGreater(full - bare, 330);
  assertLess(full - bare, 420);
});
