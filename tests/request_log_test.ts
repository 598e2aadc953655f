// What people see of the last requests: by GET /v1/requests, and in a terminal.
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  onDenoServe,
  onNode,
  startGateway,
  type TestGateway,
} from "./_gateway.ts";
import { command, type Ended, run } from "./_service.ts";
import { until } from "../logging/_test_wait.ts";

const KEY_A = "team-key-4f8a1c77e2b90d";
const KEY_B = "team-key-99aa1c77e2b90d";

const KEYED = `
auth: {api_keys: [{name: a, key: ${KEY_A}}, {name: b, key: ${KEY_B}}]}
`;

function config(more = ""): string {
  return `providers: [{type: mock}]\n${more}`;
}

type Json = Record<string, unknown>;

async function ask(
  { url }: Pick<TestGateway, "url">,
  model: string,
  more: {
    readonly key?: string;
    readonly stream?: boolean;
    readonly content?: string;
  } = {},
): Promise<void> {
  const { key, stream = false, content = "ping 42" } = more;
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...key !== undefined && { "x-api-key": key },
    },
    body: JSON.stringify({
      model,
      stream,
      messages: [{ role: "user", content }],
    }),
  });
  await response.text();
}

async function look(
  { url }: Pick<TestGateway, "url">,
  query = "",
  key?: string,
): Promise<
  {
    readonly status: number;
    readonly text: string;
    readonly json: Json;
    readonly rows: Json[];
  }
> {
  const response = await fetch(`${url}/v1/requests${query}`, {
    headers: key === undefined ? {} : { "x-api-key": key },
  });
  const text = await response.text();
  const json = text.startsWith('{"object') || text.startsWith('{"error')
    ? JSON.parse(text)
    : {};
  return { status: response.status, text, json, rows: json.data ?? [] };
}

for (
  const [name, listening] of [["node:http", onNode], [
    "fetch",
    onDenoServe,
  ]] as const
) {
  Deno.test(`GET /v1/requests shows the last requests by filters and pages, over ${name}`, async () => {
    const gateway = await startGateway(config(), listening);
    try {
      await ask(gateway, "mock/echo");
      await ask(gateway, "mock/lorem", { stream: true });
      await ask(gateway, "mock/error-429");
      await ask(gateway, "mock/error-500");
      await ask(gateway, "nobody");
      await until(() => gateway.log.length >= 5, "five lines");
      const all = await look(gateway);
      // The line of the log, and the request that asks is none of them.
      const newest = gateway.log.toReversed();
      assertEquals(
        all.rows.map((it) => it.request_id),
        newest.map((it) => it.request_id),
      );
      const { cursor, ts, ...row } = all.rows.at(-1) ?? {};
      const { level: _, msg: __, ts: at, ...line } = gateway.log[0] ?? {};
      assertEquals(row, line);
      const cursors = all.rows.map((it) => Number(it.cursor));
      assertEquals(cursors.toSorted((a, b) => b - a), cursors);
      assertEquals(new Set(cursors).size, 5);
      assertEquals(cursors[4], cursor);
      assert(Math.abs(Date.parse(String(ts)) - Date.parse(String(at))) < 1_000);
      assertEquals([all.json.next, all.json.newest], [null, cursors[0]]);

      const models = async (query: string): Promise<unknown[]> =>
        (await look(gateway, query)).rows.map((it) => it.requested_model);
      assertEquals(await models("?status=200"), ["mock/lorem", "mock/echo"]);
      assertEquals(await models("?status=5xx"), ["mock/error-500"]);
      assertEquals(await models("?model=mock/err*&status=4xx"), [
        "mock/error-429",
      ]);
      assertEquals(await models("?error=NOT_found"), ["nobody"]);
      assertEquals(
        await models("?since=1h&until=2999-01-01"),
        await models(""),
      );
      assertEquals(await models("?since=2999-01-01T00:00:00Z"), []);
      assertEquals(await models("?min_duration=100"), []);
      assertEquals(await models("?key=a"), []);
      assertEquals(await models(`?id=${newest[0]?.request_id}`), ["nobody"]);

      const first = await look(gateway, "?limit=2");
      assertEquals(first.rows.length, 2);
      assertEquals(await models(`?limit=2&before=${first.json.next}`), [
        "mock/error-429",
        "mock/lorem",
      ]);
      assertEquals(await models(`?after=${cursors[2]}&limit=1`), [
        "mock/error-500",
      ]);
    } finally {
      await gateway.close();
    }
  });
}

Deno.test("GET /v1/requests is given as lines of JSON and as CSV, whole", async () => {
  const gateway = await startGateway(config());
  try {
    for (let count = 0; count < 3; count++) await ask(gateway, "mock/echo");
    await ask(gateway, "=1+1");
    await until(() => gateway.log.length >= 4, "four lines");
    const lines = (await look(gateway, "?format=jsonl")).text.trimEnd().split(
      "\n",
    );
    assertEquals(
      lines.map((line) => JSON.parse(line).requested_model),
      ["=1+1", "mock/echo", "mock/echo", "mock/echo"],
    );
    const csv = (await look(gateway, "?format=csv&limit=2")).text;
    const [head = "", ...rows] = csv.trimEnd().split("\r\n");
    assertMatch(
      head,
      /^cursor,ts,request_id,.*,status,.*,error,.*,prompt,answer$/,
    );
    assertEquals(rows.length, 2);
    const column = head.split(",").indexOf("requested_model");
    assertEquals(rows.map((row) => row.split(",")[column]), [
      "'=1+1",
      "mock/echo",
    ]);
  } finally {
    await gateway.close();
  }
});

Deno.test("X2: a caller sees the requests of its own key alone, and nobody without one any", async () => {
  const gateway = await startGateway(config(KEYED));
  try {
    await ask(gateway, "mock/echo", { key: KEY_A });
    await ask(gateway, "mock/lorem", { key: KEY_B });
    await ask(gateway, "mock/echo");
    await until(() => gateway.log.length >= 3, "three lines");
    assertEquals((await look(gateway)).status, 401);
    for (
      const [key, model] of [[KEY_A, "mock/echo"], [
        KEY_B,
        "mock/lorem",
      ]] as const
    ) {
      for (const query of ["", "?limit=9", "?format=json"]) {
        const { rows } = await look(gateway, query, key);
        assertEquals(rows.map((it) => it.requested_model), [model], query);
      }
      const { text } = await look(gateway, "?format=jsonl", key);
      assertEquals(text.trimEnd().split("\n").length, 1);
    }
    for (const format of ["json", "jsonl", "csv"]) {
      const { text } = await look(gateway, `?key=b&format=${format}`, KEY_A);
      assert(!text.includes("mock/"), text);
    }
    assertEquals((await look(gateway, "?key=a", KEY_A)).rows.length, 1);
  } finally {
    await gateway.close();
  }
});

Deno.test("X2: a viewer sees the requests of all keys, and only an admin what others asked", async () => {
  const [viewer, admin] = [`${KEY_A}v`, `${KEY_A}x`];
  const gateway = await startGateway(config(`
auth:
  api_keys:
    - {name: a, key: ${KEY_A}}
    - {name: v, key: ${viewer}, role: viewer}
    - {name: x, key: ${admin}, role: admin}
logging: {requests: {content: {keys: ["*"]}}}
`));
  try {
    await ask(gateway, "mock/echo", { key: KEY_A, content: "xyzzy" });
    await ask(gateway, "mock/echo", { key: viewer, content: "plugh" });
    await until(() => gateway.log.length >= 2, "two lines");
    for (const format of ["json", "jsonl", "csv"]) {
      const see = async (key: string): Promise<[boolean, boolean]> => {
        const { text } = await look(gateway, `?format=${format}`, key);
        return [text.includes("xyzzy"), text.includes("plugh")];
      };
      assertEquals(await see(KEY_A), [true, false], format);
      assertEquals(await see(viewer), [false, true], format);
      assertEquals(await see(admin), [true, true], format);
    }
    assertEquals((await look(gateway, "", viewer)).rows.length, 2);
    assertEquals((await look(gateway, "?key=a", viewer)).rows.length, 1);
  } finally {
    await gateway.close();
  }
});

Deno.test("a query that makes no sense is refused with the name of what is wrong", async () => {
  const gateway = await startGateway(config());
  try {
    const faults: Readonly<Record<string, string>> = {
      "colour=red": "colour",
      "status=99": "status",
      "limit=many": "limit",
      "since=yesterday": "since",
      "until=5w": "until",
      "format=xml": "format",
      "min_cost=-1": "min_cost",
      [`error=${"x".repeat(300)}`]: "error",
    };
    for (const [query, param] of Object.entries(faults)) {
      const { status, json } = await look(gateway, `?${query}`);
      const error = json.error as Json;
      assertEquals([status, error.code, error.param], [
        400,
        "invalid_query",
        param,
      ]);
    }
    // Names of every object are no filters.
    assertEquals((await look(gateway, "?__proto__=1")).status, 400);
    assertEquals((await look(gateway, "?constructor=1")).status, 400);
  } finally {
    await gateway.close();
  }
});

Deno.test("prompts and answers are kept for whom that was asked for, to a bound, and for nobody else", async () => {
  const gateway = await startGateway(
    config(
      `${KEYED}logging: {requests: {content: {keys: [a], max_kb: 0.25}}}\n`,
    ),
  );
  try {
    const content = `the word is xyzzy ${"and more ".repeat(100)}`;
    await ask(gateway, "mock/echo", { key: KEY_A, content });
    await ask(gateway, "mock/echo", { key: KEY_A, content, stream: true });
    await ask(gateway, "mock/echo", { key: KEY_B, content });
    await until(() => gateway.log.length >= 3, "three lines");
    const { rows } = await look(gateway, "", KEY_A);
    assertEquals(rows.length, 2);
    for (const { prompt, answer } of rows) {
      assertMatch(String(prompt), /"content":"the word is xyzzy/);
      assertMatch(String(answer), /xyzzy|chat\.completion/);
      assertEquals([String(prompt).length, String(answer).length], [256, 256]);
    }
    const [other] = (await look(gateway, "", KEY_B)).rows;
    assertEquals([other?.prompt, other?.answer], [undefined, undefined]);
    // Never in the log, whoever asked.
    assert(!gateway.lines.join().includes("xyzzy"));
  } finally {
    await gateway.close();
  }
  const plain = await startGateway(config());
  try {
    await ask(plain, "mock/echo", { content: "the word is xyzzy" });
    await until(() => plain.log.length >= 1, "a line");
    assert(!(await look(plain)).text.includes("xyzzy"));
  } finally {
    await plain.close();
  }
});

Deno.test("logging.requests.max_rows: 0 keeps nothing", async () => {
  const gateway = await startGateway(
    config("logging: {requests: {max_rows: 0}}\n"),
  );
  try {
    await ask(gateway, "mock/echo");
    await until(() => gateway.log.length >= 1, "a line");
    assertEquals((await look(gateway)).rows, []);
  } finally {
    await gateway.close();
  }
});

/** The command, as its users run it. */
function logs(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<Ended> {
  return run(["logs", ...args], env);
}

Deno.test("llm-proxy logs prints a line for each request, by filters, and as JSON and CSV", async () => {
  const gateway = await startGateway(config(KEYED));
  try {
    await ask(gateway, "mock/echo", { key: KEY_A });
    await ask(gateway, "mock/error-500", { key: KEY_A });
    // What a terminal would obey.
    await ask(gateway, "nobody\x1b[2J\u202e", { key: KEY_A });
    await until(() => gateway.log.length >= 3, "three lines");
    const env = { LLM_PROXY_KEY: KEY_A };
    const all = await logs(["--url", gateway.url], env);
    assertEquals([all.code, all.err], [0, ""]);
    const lines = all.out.trimEnd().split("\n");
    assertEquals(lines.length, 3);
    assertMatch(
      lines[0]!,
      /^\d\d:\d\d:\d\d\.\d{3} 200 +\d+ms +\d+ms a +mock\/echo \d+→\d+ tok$/,
    );
    assertMatch(
      lines[1]!,
      / 502 .* a +mock\/error-500 upstream_error: /,
    );
    assertMatch(lines[2]!, / 404 .* nobody\?\[2J\? model_not_found: /);
    // deno-lint-ignore no-control-regex -- the point
    assert(!/[\x00-\x09\x0b-\x1f\x7f]/.test(all.out));

    const [failed, json, csv] = await Promise.all([
      logs(
        ["--url", `${gateway.url}/`, "--filter", "status=5xx, key=a"],
        env,
      ),
      logs(["--url", gateway.url, "--json"], env),
      logs(["--url", gateway.url, "--csv", "--limit", "1"], env),
    ]);
    assertEquals(failed.out.trimEnd().split("\n"), [lines[1]]);
    assertEquals(
      json.out.trimEnd().split("\n").map((line) => JSON.parse(line).status),
      [404, 502, 200],
    );
    assertEquals(csv.out.trimEnd().split("\r\n").length, 2);
  } finally {
    await gateway.close();
  }
});

Deno.test("llm-proxy logs tells in one line why it can't", async () => {
  const gateway = await startGateway(config(KEYED));
  try {
    const faults: readonly (readonly [string[], number, RegExp])[] = [
      [["--url", gateway.url], 1, /asks for a key: set LLM_PROXY_KEY/],
      [["--url", gateway.url, "--limit", "x"], 2, /--limit must be a number/],
      [
        ["--url", "http://127.0.0.1:9"],
        1,
        /nobody answers at http:\/\/127.0.0.1:9/,
      ],
      [["--url", "ftp://x"], 2, /--url must be/],
      [
        ["--filter", "colour=red"],
        2,
        /--filter takes NAME=VALUE with one of id, key/,
      ],
      [["--filter", "status"], 2, /--filter takes/],
    ];
    await Promise.all(faults.map(async ([args, code, message]) => {
      const result = await logs(args);
      assertEquals([result.code, result.out], [code, ""], args.join(" "));
      assertMatch(result.err, message);
      assertEquals(result.err.trimEnd().split("\n").length, 1);
    }));
  } finally {
    await gateway.close();
  }
});

Deno.test("llm-proxy logs --follow goes on with what comes, and finds the gateway by its config", async () => {
  const gateway = await startGateway(config(KEYED));
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  const { port } = new URL(gateway.url);
  await Deno.writeTextFile(file, config(`${KEYED}server: {port: ${port}}\n`));
  const child = command([
    "logs",
    "-f",
    "--config",
    file,
    "--filter",
    "status=2xx",
  ])
    .spawn();
  let out = "";
  const reading = (async () => {
    for await (const bytes of child.stdout) {
      out += new TextDecoder().decode(bytes);
    }
  })();
  try {
    await ask(gateway, "mock/echo", { key: KEY_A });
    await until(() => out.includes("mock/echo"), "the first");
    await ask(gateway, "mock/error-400", { key: KEY_A });
    await ask(gateway, "mock/lorem", { key: KEY_A });
    await until(() => out.includes("mock/lorem"), "the second");
    assertEquals(out.trimEnd().split("\n").length, 2, out);
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Promise.all([reading, child.stderr.cancel()]);
    await gateway.close();
    await Deno.remove(file);
  }
});
