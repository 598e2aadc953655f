import { assert, assertEquals } from "@std/assert";
import type {
  CacheControl,
  Conversation,
  Message,
  Part,
  TextPart,
  Tool,
  ToolResultPart,
} from "../../conversation.ts";
import { encode } from "./_test_encode.ts";
import { hasRecordings, readRecordings } from "./_test_recordings.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";

/** A block of a recorded request; which members it has goes by its type. */
interface RawBlock {
  readonly type: string;
  readonly text: string;
  readonly thinking: string;
  readonly signature: string;
  readonly id: string;
  readonly name: string;
  readonly input: object;
  readonly tool_use_id: string;
  readonly content: readonly RawBlock[];
  readonly source: { readonly media_type: string; readonly data: string };
  readonly cache_control?: object;
}

interface RawRequest {
  readonly model?: string;
  readonly max_tokens: number;
  readonly stream?: boolean;
  readonly system?: readonly RawBlock[];
  readonly messages: readonly {
    readonly role: "user" | "assistant";
    readonly content: readonly RawBlock[];
  }[];
  readonly tools?: readonly {
    readonly type?: string;
    readonly name: string;
    readonly description?: string;
    readonly input_schema: Readonly<Record<string, unknown>>;
  }[];
  readonly tool_choice?: { readonly type: string; readonly name?: string };
  readonly thinking?: { readonly budget_tokens: number };
}

/** The recorded request in the canonical vocabulary. */
function read(raw: RawRequest): Conversation {
  const messages: Message[] = raw.messages.map(({ role, content }) => ({
    role,
    parts: content.map(readBlock),
  }));
  if (raw.system) {
    messages.unshift({ role: "system", parts: raw.system.map(readBlock) });
  }
  const tools = raw.tools?.map((tool): Tool => ({
    name: tool.name,
    ...(tool.description && { description: tool.description }),
    parameters: tool.input_schema,
  }));
  const { type, name = "" } = raw.tool_choice ?? {};
  return {
    model: raw.model ?? "claude-sonnet-4-5",
    messages,
    ...(tools && { tools }),
    ...(type === "auto" && { toolChoice: { type } }),
    ...(type === "tool" && { toolChoice: { type, name } }),
    maxOutputTokens: raw.max_tokens,
    ...(raw.thinking && {
      reasoning: { budgetTokens: raw.thinking.budget_tokens },
    }),
    sampling: {},
    stream: raw.stream === true,
    unmapped: [],
  };
}

function readBlock(block: RawBlock): Part {
  const cacheControl: CacheControl = {};
  const cache = block.cache_control ? { cacheControl } : {};
  switch (block.type) {
    case "thinking": {
      const { thinking: text, signature } = block;
      return { type: "reasoning", text, signature };
    }
    case "tool_use": {
      const { id, name } = block;
      const args = JSON.stringify(block.input);
      return { type: "tool_call", id, name, arguments: args, ...cache };
    }
    case "tool_result": {
      const parts = block.content.map(readBlock) as ToolResultPart["parts"];
      return {
        type: "tool_result",
        callId: block.tool_use_id,
        parts,
        ...cache,
      };
    }
    case "image": {
      const { media_type: mediaType, data } = block.source;
      return { type: "image", mediaType, data, ...cache };
    }
  }
  assertEquals(block.type, "text");
  return { type: "text", text: block.text, ...cache } satisfies TextPart;
}

/** A result of one text may be a string or a block. */
function withTextBlocks(messages: unknown): unknown {
  return JSON.parse(
    JSON.stringify(messages),
    (_key, value) =>
      value?.type === "tool_result" && typeof value.content === "string"
        ? { ...value, content: [{ type: "text", text: value.content }] }
        : value,
  );
}

Deno.test({
  name:
    `C2, C5, C12, C17: recorded requests come out as the provider took them${note}`,
  ignore,
  fn() {
    let count = 0;
    for (const { name, request } of readRecordings()) {
      const raw = request as unknown as RawRequest;
      // Tools of the provider's own have no canonical word.
      if (raw.tools?.some(({ type }) => type !== undefined)) continue;
      if (JSON.stringify(raw.messages).includes("server_tool_use")) continue;
      count++;
      const conversation = read(raw);
      const { body, losses } = encode(conversation, conversation.model);
      assertEquals(losses, [], name);
      assertEquals(
        withTextBlocks(body.messages),
        raw.messages as unknown,
        name,
      );
      assertEquals(body.system, raw.system as unknown, name);
      assertEquals(body.tools, raw.tools as unknown, name);
      assertEquals(body.max_tokens, raw.max_tokens);
      assertEquals(body.thinking, raw.thinking as unknown, name);
      assertEquals(body.stream, raw.stream);
    }
    assert(count >= 40);
  },
});
