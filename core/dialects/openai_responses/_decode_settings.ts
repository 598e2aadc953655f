import type { Conversation, OutputFormat } from "../../conversation.ts";
import { decodeSchemaFormat } from "../openai_chat/_decode_settings.ts";
import { EFFORTS } from "../openai_chat/_decode_effort.ts";
import {
  invalidType,
  isJsonObject,
  type RequestNode,
} from "../openai_chat/_decode_node.ts";

const KNOWN_IN_TEXT: ReadonlySet<string> = new Set(["format", "verbosity"]);
const KNOWN_IN_REASONING: ReadonlySet<string> = new Set([
  "effort",
  "summary",
  "generate_summary",
  "context",
]);
/** The one wish of `include` that is lost: the others are fulfilled, or belong to tools that are refused. */
const LOGPROBS = "message.output_text.logprobs";

/** Reads `text`: the form of the answer (B21, O5). */
export function decodeOutputFormat(
  root: RequestNode,
): OutputFormat | undefined {
  const text = root.node("text");
  if (!text) return undefined;
  text.noteUnknown(KNOWN_IN_TEXT);
  noteUnless(text, "verbosity", "medium");
  const format = text.node("format");
  if (!format) return undefined;
  const type = format.choice("type", ["text", "json_object", "json_schema"]);
  if (!type) throw format.missing("type");
  if (type === "text") return undefined;
  if (type === "json_object") return { type: "json" };
  return decodeSchemaFormat(format);
}

/**
 * Reads `reasoning`: how hard the model should think (O6). Thought is shown as
 * a summary whether asked for or not; how long it is to be has no word.
 */
export function decodeReasoningWish(
  root: RequestNode,
): Conversation["reasoning"] {
  const node = root.node("reasoning");
  if (!node) return undefined;
  node.noteUnknown(KNOWN_IN_REASONING);
  noteUnless(node, "summary", "auto");
  noteUnless(node, "generate_summary", "auto");
  noteUnless(node, "context", "auto");
  const effort = node.choice("effort", EFFORTS);
  return effort ? { effort } : undefined;
}

/** Reads the end user's id, wherever it is (A31). The answer tells all `metadata` again, but few providers hear of it. */
export function decodeEndUser(root: RequestNode): string | undefined {
  const user = root.string("user");
  const metadata = root.raw("metadata");
  const told = root.node("metadata")?.raw("user_id");
  if (isJsonObject(metadata)) {
    const isMore = Object.keys(metadata).some((name) => name !== "user_id");
    if (isMore) root.note("metadata");
  }
  const endUser = root.string("safety_identifier") || user ||
    (typeof told === "string" ? told : undefined);
  if (user && user !== endUser) root.note("user");
  return endUser;
}

/** Reads `include` and `stream_options`: wishes for more than the answer. */
export function noteWishes(root: RequestNode): void {
  const options = root.node("stream_options");
  if (options?.boolean("include_obfuscation")) {
    options.note("include_obfuscation");
  }
  const include = root.raw("include");
  if (!root.has("include")) return;
  if (!Array.isArray(include)) {
    throw root.wrongType("include", "an array of strings");
  }
  include.forEach((wish: unknown, index) => {
    if (typeof wish !== "string") {
      throw invalidType(`include[${index}]`, {
        expected: "a string",
        value: wish,
      });
    }
    if (wish === LOGPROBS) root.note(LOGPROBS);
  });
}

function noteUnless(node: RequestNode, key: string, neutral: string): void {
  const word = node.string(key);
  if (word && word !== neutral) node.note(key);
}
