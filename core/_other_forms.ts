import type { Answer } from "./answer.ts";
import type {
  ClientDialect,
  ProviderDialect,
  TranslatedAnswer,
} from "./dialect.ts";
import type { JsonDocument } from "./json_document.ts";
import { callKeysOf } from "./_call_keys.ts";
import { quirksOf } from "./quirks_of.ts";
import { isEventStream, readAnswer, WholeDecoder } from "./read_answer.ts";
import { RecodedStream } from "./recoded_stream.ts";
import { ThoughtCollector } from "./_thought_collector.ts";
import { thoughtFamily, wantsBack } from "./_thought_family.ts";
import type { TranslateOptions, Translation } from "./translation.ts";

/** The ways for an answer that comes in the form that was not asked for (L12). */
export function otherForms(
  { answer }: Pick<Translation, "answer">,
  { document, client, reader, options }: {
    readonly document: JsonDocument;
    readonly client: ClientDialect;
    readonly reader: ProviderDialect;
    readonly options: TranslateOptions;
  },
): Required<Pick<Translation, "answer" | "streamOf">> {
  const { losses, includeUsage, thoughts: keeper } = options;
  const { provider, model } = options.deployment;
  const quirks = quirksOf(options.deployment);
  const family = thoughtFamily(provider, model);
  const collector = () =>
    keeper && new ThoughtCollector(keeper, family, {
      ...wantsBack(quirks),
      keys: callKeysOf(client, document),
    });
  const read = (body: Uint8Array): Answer => {
    const told = readAnswer(body, { reader, losses, quirks });
    return told.model === "" ? { ...told, model } : told;
  };
  return {
    answer(body): TranslatedAnswer {
      if (!isEventStream(body)) return answer(body);
      const told = read(body);
      collector()?.takeParts(told.parts);
      return {
        body: client.encodeAnswer(told, losses, document),
        ...(told.usage && { usage: told.usage }),
        finish: told.finish,
        model: told.model,
      };
    },
    streamOf(body) {
      const thought = collector();
      return new RecodedStream(
        new WholeDecoder(read(body)),
        client.streamEncoder({ includeUsage, request: document }, losses),
        { model, ...(thought && { thought }) },
      );
    },
  };
}
