import type {
  ClientDialect,
  DialectTarget,
  ProviderDialect,
  TranslatedAnswer,
} from "./dialect.ts";
import type { JsonDocument } from "./json_document.ts";
import { foldSystem } from "./_fold_system.ts";
import { callKeysOf, withKeys } from "./_call_keys.ts";
import { RecodedStream } from "./recoded_stream.ts";
import { restoreThought } from "./_restored_thought.ts";
import { ThoughtCollector } from "./_thought_collector.ts";
import { thoughtFamily, wantsBack } from "./_thought_family.ts";
import type { TranslateOptions, Translation } from "./translation.ts";

/** Client's dialect → canonical vocabulary → provider's dialect, and back. */
export function recode(
  document: JsonDocument,
  { client, provider, target, options }: {
    readonly client: ClientDialect;
    readonly provider: ProviderDialect;
    readonly target: DialectTarget;
    readonly options: TranslateOptions;
  },
): Translation {
  const { losses, stream, includeUsage, thoughts: keeper } = options;
  const family = thoughtFamily(options.deployment.provider, target.model);
  const keys = keeper && callKeysOf(client, document);
  const collector = () =>
    keeper &&
    new ThoughtCollector(keeper, family, { ...wantsBack(target.quirks), keys });
  const decoded = options.conversation ??
    client.decodeRequest(document, options);
  const restored = keeper
    ? restoreThought(decoded, {
      keeper: keys ? withKeys(keeper, keys) : keeper,
      family,
      losses,
    })
    : decoded;
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
      collector()?.takeParts(answer.parts);
      return {
        body: client.encodeAnswer(answer, losses, document),
        ...(answer.usage && { usage: answer.usage }),
        finish: answer.finish,
        model: answer.model,
      };
    },
    stream() {
      const thought = collector();
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
