/**
 * L11: how long others wait while the service reads and shortens what is very
 * large. `/health` is asked one after the other meanwhile; the longest wait is
 * told, and is a failure above {@linkcode MAX_WAIT}. Run it with
 * `deno task bench:loop`.
 *
 * @module
 */
import { startSubject } from "./_process.ts";

/** How long `/health` may take, in ms. */
const MAX_WAIT = 100;
/** The first is the compiler's. */
const ROUNDS = 3;
/** Much of it is escaped in JSON. */
const CODE = 'const x = "abc";\n\treturn find(x, "\\n");\n';
const WORDS = "the quick brown fox jumps over the lazy dog ";

const CONFIG = `
providers: [{type: mock}]
server: {max_body_mb: 64, port: 0}
condensation: {enabled: true, truncation_threshold: 100000}
guardrails:
  - {name: privacy, type: pii, kinds: [email, phone, card, iban, ip, key]}
  - {name: secrets, type: deny, phrases: [project falcon], on: input}
routes: [{match: guarded, targets: [mock/echo], guardrails: [privacy, secrets]}]
`;

function turns(count: number, chars: number, words = WORDS): object[] {
  return Array.from({ length: count }, (_, at) => ({
    role: at % 2 === 0 ? "user" : "assistant",
    content: `${words.repeat(Math.ceil(chars / words.length))} ${at}`,
  }));
}

function tools(): object[] {
  return Array.from({ length: 100 }, (_, at) => ({
    type: "function",
    function: {
      name: `f${at}`,
      description: WORDS.repeat(2_300),
      parameters: { type: "object", properties: { x: { type: "string" } } },
    },
  }));
}

/** What is asked at the end is short, so that the echo of it is: requests are measured. */
const QUESTION = { role: "user", content: "What is the code word?" };

const CASES: Readonly<Record<string, object>> = {
  "32 MB of JSON": { messages: [...turns(2, 16_000_000), QUESTION] },
  "32 MB of code": { messages: [...turns(2, 12_600_000, CODE), QUESTION] },
  "32 MB behind guardrails": {
    model: "guarded",
    messages: [...turns(2, 16_000_000), QUESTION],
  },
  "a prompt of a million tokens": { messages: turns(201, 22_000) },
  "tools of 10 MB": { messages: turns(1, 100), tools: tools() },
  "2,000 messages": { messages: turns(2_001, 200) },
};

const config = await Deno.makeTempFile({ suffix: ".yaml" });
await Deno.writeTextFile(config, CONFIG);
const service = await startSubject(0, [
  "main.ts",
  "--config",
  config,
  "--state",
  "memory",
]);

/** The longest wait for `/health` while a request is answered, in ms. */
async function longestWait(body: Uint8Array<ArrayBuffer>): Promise<number> {
  let isOver = false;
  const answering = fetch(`${service.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  }).then(async (response) => {
    // Piece by piece: what is measured is the service, not this process.
    for await (const _ of response.body ?? []);
    if (!response.ok) throw new Error(`The answer was ${response.status}`);
  }).finally(() => isOver = true);
  let longest = 0;
  while (!isOver) {
    const begin = performance.now();
    const response = await fetch(`${service.url}/health`);
    await response.body?.cancel();
    longest = Math.max(longest, performance.now() - begin);
  }
  await answering;
  return longest;
}

const lines: string[] = [];
try {
  for (const [name, body] of Object.entries(CASES)) {
    const text = JSON.stringify({ model: "mock/echo", ...body });
    const bytes = new TextEncoder().encode(text);
    let longest = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const wait = await longestWait(bytes);
      if (round > 0) longest = Math.max(longest, wait);
    }
    if (longest > MAX_WAIT) Deno.exitCode = 1;
    lines.push(
      `${name.padEnd(30)} others wait ${longest.toFixed(0).padStart(4)} ms`,
    );
  }
} finally {
  await service.stop();
  await Deno.remove(config);
}
Deno.stdout.writeSync(new TextEncoder().encode(`${lines.join("\n")}\n`));
