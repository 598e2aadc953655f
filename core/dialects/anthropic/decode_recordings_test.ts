import { assert, assertEquals, assertThrows } from "@std/assert";
import { GatewayError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { hasRecordings, readRecordings } from "./_test_recordings.ts";
import { decodeMessagesRequest } from "./decode_request.ts";
import { encodeRequest } from "./encode_request.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";

/** The request without what may be said in another way. */
function plain(request: unknown): unknown {
  return JSON.parse(JSON.stringify(request), (_key, value) => {
    if (value === null || typeof value !== "object") return value;
    // A result of one text may be a string or a block.
    if (value.type === "tool_result" && typeof value.content === "string") {
      return { ...value, content: [{ type: "text", text: value.content }] };
    }
    const { disable_parallel_tool_use: isSingle, ...rest } = value;
    return isSingle === false ? rest : value;
  });
}

Deno.test({
  name:
    `C2, C5, C9, C11, C12, C17, C42: recorded requests are read and written as the provider took them${note}`,
  ignore,
  fn() {
    let count = 0;
    for (const { name, request } of readRecordings()) {
      // The clouds have the model in their address and the version in the body.
      const { anthropic_version: _, model = "claude-sonnet-4-5", ...rest } =
        request;
      const wire = { model: String(model), ...rest };
      const tools = (wire as { tools?: { type?: string }[] }).tools ?? [];
      const document = parseJsonDocument(
        new TextEncoder().encode(JSON.stringify(wire)),
      );
      if (tools.some(({ type }) => type !== undefined)) {
        const error = assertThrows(
          () => decodeMessagesRequest(document),
          GatewayError,
        );
        assertEquals([error.status, error.param], [400, "tools[0].type"]);
        continue;
      }
      count++;
      const conversation = decodeMessagesRequest(document);
      const losses = new LossReport();
      const { body } = encodeRequest(conversation, {
        provider: "anthropic",
        model: conversation.model,
        quirks: {},
        losses,
      });
      assertEquals(losses.toString(), "", name);
      assertEquals(plain(JSON.parse(body)), plain(wire), name);
    }
    assert(count >= 40);
  },
});
