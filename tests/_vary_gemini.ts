/**
 * Streams and answers of Google's Gemini in other forms that say the same.
 *
 * @module
 */

import type { Dice } from "./_dice.ts";

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

/** A stream's responses in another form. */
export function varyGenerated(responses: readonly Json[], dice: Dice): Json[] {
  const splits = dice.toss();
  const joins = !splits && dice.toss();
  let varied: Json[] = structuredClone(responses) as Json[];
  if (splits) varied = varied.flatMap((it) => splitParts(it, dice));
  if (joins) varied = joinParts(varied);
  const { usageMetadata: usage } = responses.at(-1) ?? {};
  const place = dice.one(["as it is", "last", "every", "grows"]);
  if (usage && place !== "as it is") {
    for (const [index, response] of varied.entries()) {
      const isLast = index === varied.length - 1;
      delete response.usageMetadata;
      if (isLast || place === "every") response.usageMetadata = usage;
      else if (place === "grows") {
        const { promptTokenCount } = usage;
        response.usageMetadata = {
          promptTokenCount,
          totalTokenCount: promptTokenCount,
        };
      }
    }
  }
  if (dice.toss()) varied = endApart(varied, dice);
  for (const response of varied) tidy(response, dice);
  return varied;
}

/** A whole response in another form. */
export function varyGeneratedWhole(response: Json, dice: Dice): Json {
  const copy = structuredClone(response);
  const parts = copy.candidates?.[0]?.content?.parts;
  if (parts && dice.toss()) {
    copy.candidates[0].content.parts = parts.flatMap((part: Json) =>
      splitPart(part, dice)
    );
  }
  tidy(copy, dice);
  return copy;
}

function tidy(response: Json, dice: Dice): void {
  const [candidate] = response.candidates ?? [];
  if (candidate && dice.toss(0.3)) delete candidate.index;
  if (candidate?.content && dice.toss(0.3)) delete candidate.content.role;
  if (dice.toss(0.2)) {
    response.promptFeedback = dice.one([{}, { safetyRatings: [] }]);
  }
  if (candidate && dice.toss(0.2)) {
    candidate.safetyRatings = [{
      category: "HARM_CATEGORY_HARASSMENT",
      probability: "NEGLIGIBLE",
    }];
  }
}

/** Text alone may come in more pieces; its signature stays with the last. */
function splitPart(part: Json, dice: Dice): Json[] {
  const { text, thoughtSignature, ...rest } = part;
  if (typeof text !== "string" || text.length < 2) return [part];
  const pieces = dice.cut(text, dice.one([2, 3, 40]));
  return pieces.map((text, index) => ({
    ...rest,
    text,
    ...(thoughtSignature && index === pieces.length - 1 &&
      { thoughtSignature }),
  }));
}

function splitParts(response: Json, dice: Dice): Json[] {
  const [candidate] = response.candidates ?? [];
  const parts: Json[] = candidate?.content?.parts ?? [];
  const pieces = parts.flatMap((part) => splitPart(part, dice));
  if (pieces.length < 2) return [response];
  return pieces.map((part, index) => {
    const isLast = index === pieces.length - 1;
    const { finishReason: _, finishMessage: __, ...rest } = candidate;
    const content = { ...candidate.content, parts: [part] };
    return {
      ...response,
      candidates: [{ ...(isLast ? candidate : rest), content }],
    };
  });
}

/** All parts in one response. */
function joinParts(responses: readonly Json[]): Json[] {
  const last = responses.at(-1);
  const [candidate] = last?.candidates ?? [];
  if (!candidate) return [...responses];
  const parts = responses.flatMap(({ candidates }) =>
    candidates?.[0]?.content?.parts ?? []
  );
  const content = { role: "model", parts };
  return [{ ...last, candidates: [{ ...candidate, content }] }];
}

/** The end in a response of its own that says nothing. */
function endApart(responses: readonly Json[], dice: Dice): Json[] {
  const last = responses.at(-1);
  const [candidate] = last?.candidates ?? [];
  if (!candidate?.finishReason) return [...responses];
  const { finishReason, finishMessage: _, ...rest } = candidate;
  const { usageMetadata, ...more } = last;
  const empty = dice.one([
    {},
    { content: {} },
    { content: { role: "model" } },
    { content: { role: "model", parts: [] } },
    { content: { role: "model", parts: [{ text: "" }] } },
  ]);
  return [
    ...responses.slice(0, -1),
    { ...more, candidates: [rest] },
    { ...more, candidates: [{ ...empty, finishReason }], usageMetadata },
  ];
}
