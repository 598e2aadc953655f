import { assertEquals } from "@std/assert";
import {
  isFreeRequest,
  type PassedTerms,
  passedTerms,
} from "./_passed_terms.ts";

Deno.test("A4: passedTerms() reads the model and the limit where each dialect has them, and nowhere else", () => {
  const body = {
    model: "m",
    max_tokens: 1,
    max_completion_tokens: 2,
    max_output_tokens: 3,
    generationConfig: { maxOutputTokens: 4, candidateCount: 2 },
    inferenceConfig: { maxTokens: 5 },
    n: 3,
    best_of: 7,
  };
  const cases: Readonly<Record<string, PassedTerms>> = {
    "/chat/completions": { model: "m", outputTokens: 2, choices: 3 },
    "/completions": { model: "m", outputTokens: 1, choices: 7 },
    "/responses": { model: "m", outputTokens: 3, choices: 1 },
    "/messages": { model: "m", outputTokens: 1, choices: 1 },
    "/models/g%2F1:streamGenerateContent": {
      model: "g/1",
      outputTokens: 4,
      choices: 2,
    },
    "/model/us.x-v1:0/converse": {
      model: "us.x-v1:0",
      outputTokens: 5,
      choices: 1,
    },
    "/openai/deployments/d/chat/completions": {
      model: "d",
      outputTokens: 2,
      choices: 3,
    },
    "/embeddings": { model: "m", outputTokens: 0, choices: 1 },
    "//chat%2Fcompletions/": { model: "m", outputTokens: 2, choices: 3 },
    "/%zz/messages": { model: "m", outputTokens: 1, choices: 1 },
    "/images/generations": {},
    "/messages/batches": {},
  };
  for (const [path, terms] of Object.entries(cases)) {
    assertEquals(passedTerms(path, body), terms, path);
  }
});

Deno.test("A4: passedTerms() bounds nothing by what it can't read", () => {
  const path = "/chat/completions";
  for (
    const body of [undefined, null, [], "x", { n: "5" }, { n: 1.5 }, { n: -1 }]
  ) {
    const isList = Array.isArray(body);
    assertEquals(
      passedTerms(path, body),
      isList
        ? { model: undefined, outputTokens: undefined, choices: 1 }
        : { isUnbounded: true },
      JSON.stringify(body),
    );
  }
  const odd = passedTerms(path, { model: 5, max_tokens: "9", n: null });
  assertEquals(odd, { model: undefined, outputTokens: undefined, choices: 1 });
});

Deno.test("A4: passedTerms() knows a path however it is spelled, and settings by both of their names", () => {
  const body = { model: "m", max_tokens: 9 };
  for (
    const path of [
      "/chat/complet%69ons",
      "/chat%2Fcompletions",
      "//chat//completions",
      "/chat/completions/",
      "/Chat/Completions",
    ]
  ) {
    const terms = { model: "m", outputTokens: 9, choices: 1 };
    assertEquals(passedTerms(path, body), terms, path);
  }
  const path = "/mod%65ls/g:generateContent";
  const gemini = (outputTokens: number | undefined, choices: number) => ({
    model: "g",
    outputTokens,
    choices,
  });
  assertEquals(
    passedTerms(path, {
      generationConfig: { maxOutputTokens: 1, candidateCount: 1 },
      generation_config: { max_output_tokens: 8_000, candidate_count: 8 },
    }),
    gemini(8_000, 8),
  );
  const odd = { maxOutputTokens: 1, max_output_tokens: "8000" };
  const terms = passedTerms(path, { generationConfig: odd });
  assertEquals(terms, gemini(undefined, 1));
});

Deno.test("A5: isFreeRequest() knows what reads again, and what counts tokens", () => {
  assertEquals(isFreeRequest("GET", "/files"), true);
  assertEquals(isFreeRequest("POST", "/messages/count_tokens"), true);
  assertEquals(isFreeRequest("POST", "/models/m:countTokens"), true);
  assertEquals(isFreeRequest("POST", "/messages"), false);
});
