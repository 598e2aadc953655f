import { assertEquals } from "@std/assert";
import { statePlace, type StatePlaceOptions } from "./_state_place.ts";

function place(
  variables: Readonly<Record<string, string>>,
  options: Partial<StatePlaceOptions> = {},
): string {
  const found = statePlace({
    env: (name) => variables[name],
    config: {},
    mayWrite: () => true,
    ...options,
  });
  return typeof found === "string" ? found : found.told;
}

const HOME = "/home/ann";

Deno.test("statePlace() takes the first that is given", () => {
  const config = { path: "/from/config" };
  const all = new Map([
    ["LLM_PROXY_STATE", "/from/variable"],
    ["LLM_PROXY_KV", "https://kv.example/path"],
    ["DENO_KV_ACCESS_TOKEN", "kv-T4rEw2Qz"],
    ["STATE_DIRECTORY", "/var/lib/llm-proxy:/var/lib/other"],
    ["XDG_STATE_HOME", "/home/ann/state"],
    ["HOME", HOME],
  ]);
  const without = (...names: readonly string[]): Record<string, string> =>
    Object.fromEntries([...all].filter(([name]) => !names.includes(name)));
  const every = without();
  assertEquals(place(every, { option: "/a", config }), "in /a");
  assertEquals(place(every, { option: "memory", config }), "in memory");
  assertEquals(place(every, { config }), "in /from/variable");
  const asked = ["LLM_PROXY_STATE", "LLM_PROXY_KV"];
  assertEquals(
    place(without("LLM_PROXY_STATE"), { config }),
    "at https://kv.example",
  );
  assertEquals(place(without(...asked), { config }), "in /from/config");
  assertEquals(place(without(...asked)), "in /var/lib/llm-proxy");
  assertEquals(
    place(without(...asked, "STATE_DIRECTORY")),
    "in /home/ann/state/llm-proxy",
  );
  assertEquals(place({ HOME }), "in /home/ann/.local/state/llm-proxy");
});

Deno.test("statePlace() means a path from where a task's caller stood", () => {
  const variables = { INIT_CWD: "/home/ann/work" };
  assertEquals(
    place(variables, { option: "data" }),
    "in /home/ann/work/data",
  );
});

Deno.test("statePlace() keeps state in memory, and says why, where no usual place can be had", () => {
  const mayWrite = (): boolean => false;
  assertEquals(
    place({ HOME }, { mayWrite }),
    "in memory (Deno was not given --allow-write=/home/ann/.local/state/llm-proxy)",
  );
  assertEquals(place({}), "in memory (there is no HOME)");
});

Deno.test("statePlace() refuses what was asked for and cannot be", () => {
  const mayWrite = (): boolean => false;
  assertEquals(
    place({ HOME }, { mayWrite, option: "/data" }),
    "cannot keep state in /data: Deno was not given --allow-write=/data",
  );
  assertEquals(
    place({ LLM_PROXY_STATE: "https://kv.example" }),
    "cannot keep state at https://kv.example: set DENO_KV_ACCESS_TOKEN",
  );
  for (const url of ["https://", "https://a:b@kv.example"]) {
    assertEquals(
      place({ LLM_PROXY_STATE: url, DENO_KV_ACCESS_TOKEN: "kv-T4rEw2Qz" }),
      "cannot keep state there: the URL must be one of HTTP without credentials",
    );
  }
  assertEquals(
    place({ LLM_PROXY_KV: "kv.example" }),
    "LLM_PROXY_KV must be the URL of Redis or of a database that speaks KV Connect",
  );
});

Deno.test("statePlace() takes Redis with the password of the environment, and none in the URL", () => {
  const found = statePlace({
    env: (name) => name === "REDIS_PASSWORD" ? "r-W8xYq2" : undefined,
    config: {},
    mayWrite: () => true,
    option: "rediss://ann@redis.example:6380/2",
  });
  assertEquals(found, {
    location: {
      type: "redis",
      url: "rediss://ann@redis.example:6380/2",
      password: "r-W8xYq2",
    },
    told: "at rediss://redis.example:6380",
    token: "r-W8xYq2",
  });
  assertEquals(
    place({ LLM_PROXY_KV: "redis://127.0.0.1" }),
    "at redis://127.0.0.1",
  );
  for (
    const url of [
      "redis://:r-W8xYq2@redis.example",
      "redis://ann:r-W8xYq2@redis.example/0",
      "redis://",
      "redis://redis.example/0?password=r-W8xYq2",
    ]
  ) {
    assertEquals(
      place({ LLM_PROXY_STATE: url }),
      "cannot keep state there: the URL must look like redis://host:6379/0, a password belongs into REDIS_PASSWORD",
    );
  }
});
