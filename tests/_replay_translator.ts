import {
  type GatewayError,
  LossReport,
  parseJsonDocument,
  SseParser,
} from "@llm-proxy/core";
import { RecodedStream } from "../core/recoded_stream.ts";
import type { Family } from "./_replay_families.ts";
import type { ReplayClient } from "./_replay_clients.ts";
import type { Script } from "./_replay_upstream.ts";

/** Answers as a gateway would to which a provider of this dialect were known. */
export interface Translator {
  readonly url: string;
  /** Answers with this from now on. */
  serve(script: Script): void;
  close(): Promise<void>;
}

const encoder = new TextEncoder();

/**
 * Listens on a free port and translates what is served, for pairs of dialects
 * that no provider's entry joins.
 */
export function startTranslator(
  { dialect }: Pick<Family, "dialect">,
  { dialect: client }: Pick<ReplayClient, "dialect">,
): Translator {
  let script: Script = { contentType: "", body: "" };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const asked = await request.bytes();
      const document = parseJsonDocument(asked);
      const isStream = script.contentType.startsWith("text/event-stream");
      const losses = new LossReport();
      if (!isStream) {
        const answer = dialect.decodeAnswer(
          encoder.encode(script.body),
          losses,
        );
        return new Response(client.encodeAnswer(answer, losses, document), {
          headers: { "content-type": "application/json" },
        });
      }
      const stream = new RecodedStream(
        dialect.streamDecoder(losses),
        client.streamEncoder({ includeUsage: true, request: document }, losses),
      );
      const { body, cutAt = body.length, bytewise = false } = script;
      let text = "";
      try {
        const parser = new SseParser();
        const bytes = encoder.encode(body.slice(0, cutAt));
        const size = bytewise ? 1 : bytes.length || 1;
        for (let at = 0; at < bytes.length; at += size) {
          for (const event of parser.push(bytes.subarray(at, at + size))) {
            text += stream.push(event);
          }
        }
        for (const event of parser.end()) text += stream.push(event);
        if (!stream.done) text += stream.end();
      } catch (error) {
        const told = error as GatewayError;
        text += stream.fail?.(told, "req_1") ??
          client.encodeStreamError(told, "req_1");
      }
      return new Response(text, {
        headers: { "content-type": "text/event-stream" },
      });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    serve: (next) => void (script = next),
    close: () => server.shutdown(),
  };
}
