/**
 * Streams and answers of Chat Completions in other forms that say the same.
 *
 * @module
 */

import { type Dice, renamer } from "./_dice.ts";

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

const FIELDS = ["content", "reasoning_content", "reasoning"] as const;

/** A chat stream's chunks in another form. */
export function varyChunks(chunks: readonly Json[], dice: Dice): Json[] {
  const ids = renamer(dice);
  const copies: Json[] = structuredClone(chunks) as Json[];
  const repeatsRole = dice.toss();
  const splits = dice.toss();
  const echoesCalls = dice.toss(0.3);
  const isVague = dice.toss(0.3);
  const called = new Map<number, Json>();
  const usage = copies.findLast(({ usage }) => usage)?.usage;
  const varied: Json[] = [];
  for (const chunk of copies) {
    if (isVague) {
      chunk.created = 0;
      chunk.object = "chat.completion";
      if (dice.toss()) delete chunk.id;
      if (dice.toss()) chunk.model = "";
    }
    const [choice] = chunk.choices ?? [];
    const delta = choice?.delta;
    if (!delta) {
      varied.push(chunk);
      continue;
    }
    if (repeatsRole) delta.role = "assistant";
    for (const call of delta.tool_calls ?? []) {
      if (call.id) call.id = ids(call.id);
      const known = called.get(call.index);
      if (known === undefined) called.set(call.index, call);
      else if (echoesCalls) {
        call.id = dice.one(["", null, known.id]);
        if (call.function) call.function.name = dice.one(["", null]);
      }
    }
    varied.push(...splits ? splitDelta(chunk, dice) : [chunk]);
  }
  placeUsage(varied, usage, dice);
  return dice.toss() ? interject(varied, dice) : varied;
}

function splitDelta(chunk: Json, dice: Dice): Json[] {
  const { delta } = chunk.choices[0];
  const calls = delta.tool_calls ?? [];
  const filled = FIELDS.filter((field) => delta[field]);
  if (
    delta.reasoning_details || filled.length + calls.length !== 1
  ) return [chunk];
  const [field] = filled;
  const [call] = calls;
  const whole: unknown = field ? delta[field] : call.function?.arguments;
  if (typeof whole !== "string" || whole.length < 2) return [chunk];
  const pieces = dice.cut(whole, dice.one([2, 3, 40]));
  return pieces.map((piece, index) => {
    const copy = structuredClone(chunk);
    const [choice] = copy.choices;
    const isLast = index === pieces.length - 1;
    if (!isLast) {
      choice.finish_reason = null;
      delete copy.usage;
    }
    if (field) choice.delta = { ...(index === 0 && delta), [field]: piece };
    else {
      const [first] = choice.delta.tool_calls;
      choice.delta.tool_calls = [
        index === 0
          ? { ...first, function: { ...first.function, arguments: piece } }
          : { index: first.index, function: { arguments: piece } },
      ];
    }
    return copy;
  });
}

function placeUsage(chunks: Json[], usage: Json, dice: Dice): void {
  if (usage === undefined) return;
  const finish = chunks.findLastIndex(({ choices }) =>
    choices?.[0]?.finish_reason
  );
  if (finish < 0) return;
  const place = dice.one(["as it is", "finish", "own", "every"]);
  if (place === "as it is") return;
  for (const chunk of chunks) delete chunk.usage;
  for (let at = chunks.length - 1; at > finish; at--) {
    if (!chunks[at].choices?.length) chunks.splice(at, 1);
  }
  if (place === "finish") chunks[finish].usage = usage;
  if (place === "every") { for (const chunk of chunks) chunk.usage = usage; }
  if (place === "own") {
    const { id, created, model } = chunks[finish];
    const object = "chat.completion.chunk";
    chunks.push({ id, object, created, model, choices: [], usage });
    for (const chunk of chunks.slice(0, -1)) chunk.usage = null;
  }
}

/** Puts chunks that say nothing between. */
function interject(chunks: readonly Json[], dice: Dice): Json[] {
  const finish = chunks.findIndex(({ choices }) => choices?.[0]?.finish_reason);
  return chunks.flatMap((chunk, index) => {
    if (!chunk.choices?.length || !dice.toss(0.2)) return [chunk];
    const { usage: _, ...rest } = chunk;
    const say = (delta: Json, finish: Json = null): Json => ({
      ...rest,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const early = index > 0 && (finish < 0 || index <= finish);
    const nothing = dice.one([
      ...early
        ? [
          say({}),
          say({ content: "" }),
          say({ content: null, tool_calls: null, refusal: null }),
          say({ tool_calls: [] }),
          say(null),
          say({ role: "assistant", content: "", reasoning_content: "" }),
          say({ reasoning: null, reasoning_details: [] }),
          { ...rest, choices: [{ index: 0, finish_reason: "" }] },
        ]
        : [],
      { id: "", model: "", choices: [], prompt_filter_results: [{}] },
      { ...rest, choices: [] },
    ]);
    return [nothing, chunk];
  });
}

/** A whole completion in another form. */
export function varyCompletion(completion: Json, dice: Dice): Json {
  const copy = structuredClone(completion);
  const ids = renamer(dice);
  for (const { message } of copy.choices ?? []) {
    if (!message.content && dice.toss()) {
      message.content = dice.one([null, "", undefined]);
    }
    if (message.tool_calls?.length) {
      for (const call of message.tool_calls) {
        call.id = ids(call.id);
        if (dice.toss(0.3)) delete call.type;
        const { arguments: text } = call.function;
        if (dice.toss()) {
          const blank = dice.one(["  ", "\t", ""]);
          call.function.arguments = text === ""
            ? text
            : JSON.stringify(JSON.parse(text), null, blank);
        }
      }
    } else if (dice.toss()) message.tool_calls = dice.one([null, []]);
    if (dice.toss(0.3)) {
      Object.assign(message, { refusal: null, annotations: [], audio: null });
    }
  }
  return copy;
}
