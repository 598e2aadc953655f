import type { Answer } from "../../answer.ts";
import type { JsonDocument } from "../../json_document.ts";
import type { LossReport } from "../../loss_report.ts";
import {
  callItem,
  contentPart,
  customItem,
  imageItem,
  type ItemStatus,
  messageItem,
  reasoningItem,
} from "./_items.ts";
import { unwrapInput } from "./_custom_tools.ts";
import { ResponseHead } from "./_response_head.ts";
import type { SealKind } from "./_thought_seal.ts";
import { encodeResponsesFinish } from "./finish.ts";

/** What a response says of an answer that its provider ended with an error. */
export const ANSWER_FAULT = {
  code: "server_error",
  message: "The provider ended its answer with an error",
} as const;

/**
 * Writes a whole answer as a response (B9–B14, B28, B29): words that follow
 * one another are one message, each thought and each call is an item.
 *
 * Proofs of thought are sealed into `encrypted_content` of reasoning items,
 * which clients echo. The stop sequence that matched has no place here and goes
 * on the report (O3).
 *
 * @param request What is answered; parts of it are repeated.
 */
export function encodeResponsesAnswer(
  answer: Answer,
  losses?: LossReport,
  request?: JsonDocument,
): string {
  reportStopSequence(answer.stopSequence, losses);
  const head = new ResponseHead(request);
  head.model = answer.model;
  const hasRefusal = answer.parts.some(({ type }) => type === "refusal");
  const { status, reason } = encodeResponsesFinish(answer.finish, hasRefusal);
  const items = itemsOf(answer, head);
  const last = items.length - 1;
  const output = items.map((write, index) =>
    // Only what the answer was cut in is not whole.
    JSON.stringify(
      write(
        index === last && status !== "completed" ? "incomplete" : "completed",
      ),
    )
  );
  return head.write({
    status,
    reason,
    output: output.join(),
    usage: answer.usage,
    ...(status === "failed" && { error: ANSWER_FAULT }),
  });
}

/** Notes a matched stop sequence: a response has no field for it (O3). */
export function reportStopSequence(
  stopSequence: string | undefined,
  losses: LossReport | undefined,
): void {
  if (stopSequence === undefined) return;
  losses?.add("dropped", "answer.stop_sequence", "openai_responses");
}

/** Writes an item once it is known whether it is whole. */
type ItemWriter = (status: ItemStatus) => Record<string, unknown>;

function itemsOf({ parts }: Answer, head: ResponseHead): ItemWriter[] {
  const items: ItemWriter[] = [];
  /** The content of the message that the next words belong to. */
  let words: unknown[] | undefined;
  const add = (item: ItemWriter): void => {
    words = undefined;
    items.push(item);
  };
  const addSeal = (kind: SealKind, data: string, text = ""): void => {
    const id = head.nextItemId("rs");
    add(() => reasoningItem(id, { text, seal: { kind, data } }));
  };
  for (const part of parts) {
    switch (part.type) {
      case "text":
      case "refusal": {
        const signature = part.type === "text" ? part.signature : undefined;
        if (part.text !== "") {
          if (!words) {
            const id = head.nextItemId("msg");
            const content: unknown[] = [];
            add((status) => messageItem(id, { status, content }));
            words = content;
          }
          const sources = part.type === "text" ? part.citations : undefined;
          words.push(contentPart(part.type, part.text, sources));
        }
        if (signature !== undefined) {
          addSeal(part.text === "" ? "blank" : "text", signature);
        }
        break;
      }
      case "reasoning":
        if (part.redacted !== undefined) addSeal("redacted", part.redacted);
        else if (part.signature !== undefined) {
          addSeal("signature", part.signature, part.text);
        } else {
          const id = head.nextItemId("rs");
          add(() => reasoningItem(id, { text: part.text }));
        }
        break;
      case "image": {
        const { data } = part;
        const id = head.nextItemId("ig");
        add(() => imageItem(id, data));
        break;
      }
      case "tool_call": {
        if (part.signature !== undefined) addSeal("call", part.signature);
        const { id: callId, name, arguments: told } = part;
        if (head.customNames?.has(name)) {
          const id = head.nextItemId("ctc");
          const input = unwrapInput(told);
          add((status) => customItem(id, { status, callId, name, input }));
          break;
        }
        const id = head.nextItemId("fc");
        add((status) => {
          const text = wholeArguments(told, status === "completed");
          return callItem(id, { status, callId, name, text });
        });
      }
    }
  }
  return items;
}

/** Arguments of a call; none at all are an empty object, unless they were cut off (A13, L7). */
export function wholeArguments(text: string, isWhole: boolean): string {
  return isWhole && text.trim() === "" ? "{}" : text;
}
