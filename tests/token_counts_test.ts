// What is counted and estimated, held against what OpenAI reports.
import { TokenCounter } from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import {
  loadRecordings,
  type Recording,
  recordingsPresent,
} from "./_recordings.ts";

/** How far an estimate may be off, as a share and in tokens: whichever is more. */
const FAR = { share: 0.2, tokens: 16 };
/** The same over all of them, on average. */
const MEAN = 0.1;

interface Counted {
  readonly name: string;
  readonly told: number;
  readonly tokens: number;
  readonly exact: boolean;
}

/** What the provider says that the prompt had. */
function toldOf({ body }: Recording): number {
  const pattern = /"(?:prompt_tokens|input_tokens)":\s*(\d+)/g;
  const told = Array.from(body.matchAll(pattern), ([, it]) => Number(it));
  return Math.max(0, ...told);
}

function modelOf({ request, url }: Recording): string {
  const [, deployment] = /deployments\/([^/]+)/.exec(url) ?? [];
  return String(request.model ?? deployment);
}

/** What a provider adds of its own is in no request: results of its search, and what it tells its newest models of tools. */
function isPlain({ request, url }: Recording): boolean {
  const { tools } = request;
  if (!Array.isArray(tools)) return true;
  const isHosted = tools.some((it) => it.type !== "function");
  const isTold = url.includes("/chat/") &&
    /^gpt-5/.test(modelOf({ request, url } as Recording));
  return !isHosted && !isTold;
}

async function countAll(): Promise<Counted[]> {
  const recordings = await loadRecordings((url) =>
    /^https:\/\/(api\.openai\.com|[^/]+\.(openai|cognitiveservices)\.azure\.com)\//
      .test(url)
  );
  const counter = new TokenCounter({ timeoutMs: 60_000 });
  const counted: Counted[] = [];
  for (const recording of recordings.filter(isPlain)) {
    const told = toldOf(recording);
    if (recording.status !== 200 || told === 0) continue;
    const { request, name } = recording;
    const count = await counter.count(request, modelOf(recording));
    counted.push({ name, told, ...count });
  }
  counter.close();
  return counted;
}

Deno.test({
  name:
    "TokenCounter is right to the token where it says so, and else near what OpenAI reports",
  ignore: !recordingsPresent,
  async fn() {
    const counted = await countAll();
    const exact = counted.filter((it) => it.exact);
    const estimated = counted.filter((it) => !it.exact);
    const off = estimated.map(({ told, tokens }) => tokens / told - 1)
      .sort((a, b) => a - b);
    const at = (share: number): string =>
      `${Math.round(100 * (off[Math.floor(share * (off.length - 1))] ?? 0))} %`;
    const mean = off.reduce((sum, it) => sum + Math.abs(it), 0) / off.length;
    // deno-lint-ignore no-console
    console.log(
      `tokens: ${exact.length} counted, ${off.length} estimated; off by ${
        at(0)
      } to ${at(1)}, median ${at(0.5)}, ${Math.round(100 * mean)} % on average`,
    );
    assert(exact.length > 20 && estimated.length > 40, `${counted.length}`);
    for (const { name, told, tokens } of exact) {
      assertEquals(tokens, told, name);
    }
    for (const { name, told, tokens } of estimated) {
      const most = Math.max(FAR.tokens, told * FAR.share);
      assert(Math.abs(tokens - told) <= most, `${name}: ${tokens} of ${told}`);
    }
    assert(mean < MEAN, `${mean}`);
  },
});
