import type { LossReport } from "../../loss_report.ts";
import type { AnswerParts } from "./_answer_parts.ts";
import { isMutableJson, type MutableJson } from "./_pass_json.ts";

const DATA_URL = /^data:(image\/[\w.+-]{1,64});base64,/;

/** Reads pictures that a model drew, as OpenRouter shows them (D30); one by address is told as lost. */
export function readImages(
  { images }: MutableJson,
  { parts, losses }: {
    readonly parts: AnswerParts;
    readonly losses: LossReport | undefined;
  },
): void {
  if (!Array.isArray(images)) return;
  for (const image of images) {
    const shown = isMutableJson(image) ? image.image_url : undefined;
    const url = isMutableJson(shown) ? shown.url : undefined;
    const [head, mediaType] =
      (typeof url === "string" ? DATA_URL.exec(url) : null) ?? [];
    if (typeof url !== "string" || head === undefined || !mediaType) {
      losses?.add("dropped", "answer.images", "not by value");
    } else parts.show(url.slice(head.length), mediaType);
  }
}
