import type { Pass } from "./_dialect_table.ts";
import { callKeysOf } from "./_call_keys.ts";
import { answerReader } from "./answer_reader.ts";
import type {
  ClientDialect,
  DialectTarget,
  TranslatedAnswer,
} from "./dialect.ts";
import type { JsonDocument } from "./json_document.ts";
import { keepPassed, restorePassed } from "./passed_thought.ts";
import { ThoughtCollector } from "./_thought_collector.ts";
import { thoughtFamily, wantsBack } from "./_thought_family.ts";
import type { TranslateOptions, Translation } from "./translation.ts";

/** Bytes pass, and the proofs of thought in them are kept and brought back. */
export function passThrough(
  document: JsonDocument,
  { client, pass, target, options }: {
    readonly client: ClientDialect;
    readonly pass: Pass;
    readonly target: DialectTarget;
    readonly options: TranslateOptions;
  },
): Translation | undefined {
  const { thoughts: keeper } = options;
  const reader = answerReader(client);
  if (keeper === undefined || reader === undefined) {
    return pass(document, { ...options, target });
  }
  const family = thoughtFamily(options.deployment.provider, target.model);
  const asked = { client: client.name, keeper, family, target };
  const wanted = wantsBack(target.quirks);
  const keys = callKeysOf(client, document);
  const collector = () =>
    new ThoughtCollector(keeper, family, { ...wanted, keys });
  const restored = restorePassed(document, asked);
  const passed = pass(restored, { ...options, target, collector });
  if (passed === undefined) return undefined;
  const { answer } = passed;
  return {
    ...passed,
    answer(body): TranslatedAnswer {
      const told = answer(body);
      keepPassed(body, { text: told.body, reader, collector, ...wanted });
      return told;
    },
  };
}
