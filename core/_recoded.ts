import type { Conversation } from "./conversation.ts";
import type {
  ClientDialect,
  DialectTarget,
  ProviderDialect,
  TranslatedAnswer,
} from "./dialect.ts";
import type { JsonDocument } from "./json_document.ts";
import { foldSystem } from "./_fold_system.ts";
import { withKeys } from "./_call_keys.ts";
import { RecodedStream } from "./recoded_stream.ts";
import { restoreThought } from "./_restored_thought.ts";
import type { ThoughtKeeping } from "./_thought_keeping.ts";
import type { TranslateOptions, Translation } from "./translation.ts";

/** Client's dialect → canonical vocabulary → provider's dialect, and back. */
export function recode(
  document: JsonDocument,
  { client, provider, target, keeping, options }: {
    readonly client: ClientDialect;
    readonly provider: ProviderDialect;
    readonly target: DialectTarget;
    readonly keeping: ThoughtKeeping | undefined;
    readonly options: TranslateOptions;
  },
): Translation {
  const { losses, stream, includeUsage } = options;
  const decoded = options.conversation ??
    client.decodeRequest(document, options);
  const restored = keeping ? withThought(decoded, keeping) : decoded;
  const conversation = {
    ...target.quirks.noSystemRole ? foldSystem(restored, target) : restored,
    model: target.model,
    stream,
  };
  return {
    request: provider.encodeRequest(conversation, target),
    answer(body): TranslatedAnswer {
      const told = provider.decodeAnswer(body, losses);
      const answer = told.model === ""
        ? { ...told, model: target.model }
        : told;
      keeping?.collector().takeParts(answer.parts);
      return {
        body: client.encodeAnswer(answer, losses, document),
        ...(answer.usage && { usage: answer.usage }),
        finish: answer.finish,
        model: answer.model,
      };
    },
    stream() {
      const thought = keeping?.collector();
      return new RecodedStream(
        provider.streamDecoder(losses, target.quirks),
        client.streamEncoder({ includeUsage, request: document }, losses),
        { model: target.model, ...(thought && { thought }) },
      );
    },
    framing: provider.framing,
    error: provider.decodeError,
  };
}

/** A conversation with the thought that its client has lost. */
function withThought(
  conversation: Conversation,
  { keeper, keys, family, target: { losses } }: ThoughtKeeping,
): Conversation {
  const known = keys === undefined ? keeper : withKeys(keeper, keys);
  return restoreThought(conversation, { keeper: known, family, losses });
}
