import { collectBody } from "@llm-proxy/core";
import type { Answering, WholeTranslation } from "./endpoints.ts";
import { giveWay } from "./_give_way.ts";
import { readWhole } from "./_read_whole.ts";
import { wholeHeaders } from "./_reply_headers.ts";
import { toldWhole } from "./told_reply.ts";

/** Tells the caller a whole answer. */
export async function wholeAnswer(
  { context, routed, trace, translation, response }: Answering<
    WholeTranslation
  >,
): Promise<void> {
  const { exchange, record } = context;
  let body: Uint8Array;
  record.waiting.begin(trace.headersAt);
  try {
    body = await collectBody(response.body);
  } finally {
    record.waiting.end();
  }
  const pause = giveWay(context, body.length);
  if (pause !== undefined) await pause;
  const answer = readWhole(translation, { body, trace });
  routed.commit();
  record.answers(trace, routed.committedAt);
  record.usage = answer.usage;
  if (answer.usage) routed.used(answer.usage.total);
  record.finish = answer.finish;
  record.answeredBy = answer.model;
  exchange.send(200, wholeHeaders(record, response.headers), answer.body);
  record.flight?.takeWhole(body, { reader: translation.reader, trace });
  if (routed.plan.shadow) record.told = toldWhole(routed, answer.body);
}
