// What becomes of kept answers at a restart, and in somebody else's cache.
import { MemoryStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { loadCache } from "../api/_open_cache.ts";
import { startAnsweringUpstream } from "./_answering_upstream.ts";
import { chat, numbered, told } from "./_cache_rig.ts";
import { onNode, startGateway } from "./_gateway.ts";

async function ask(url: string, model: string): Promise<readonly unknown[]> {
  return await told(
    await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(chat("hi", { model })),
    }),
  );
}

Deno.test("answers outlive a restart where they are to persist, and no change of where a name leads (X5)", async () => {
  const upstream = startAnsweringUpstream(numbered);
  const state = new MemoryStateStore();
  const run = async (target: string, persist: boolean) => {
    const gateway = await startGateway(
      `
providers: [{name: up, type: openai_compatible, base_url: "${upstream.origin}/v1", models: [a, b]}]
routes: [{match: alias, targets: [${target}]}]
caching: {response_cache: {enabled: true, persist: ${persist}}}
`,
      onNode,
      undefined,
      { state },
    );
    try {
      return await ask(gateway.url, "alias");
    } finally {
      await gateway.close();
    }
  };
  try {
    assertEquals(await run("up/a", false), ["answer 0", "miss"]);
    assertEquals(await run("up/a", true), ["answer 1", "miss"]);
    assertEquals(await run("up/a", true), ["answer 1", "hit"]);
    assertEquals(await run("up/b", true), ["answer 2", "miss"]);
    assertEquals(await run("up/a", true), ["answer 1", "hit"]);
    assertEquals((await state.list(["cache"])).entries.length, 2);
  } finally {
    await upstream.close();
  }
});

/** A module with classes of caches, gone at the end. */
class Module implements Disposable {
  readonly path = Deno.makeTempFileSync({ suffix: ".ts" });

  constructor() {
    Deno.writeTextFileSync(
      this.path,
      `
      export class Plain {
        rows = new Map();
        constructor(options) { this.options = options; }
        get(key) { return this.rows.get(key); }
        set(key, value) { this.rows.set(key, { value, ageMs: 5000, isStale: false }); }
        async clear() { this.rows.clear(); }
      }
      export class Broken extends Plain {
        get() { throw new Error("No get today"); }
        async set() { throw new Error("No set today"); }
      }
      export class Odd extends Plain {
        get() { return { value: null, ageMs: 0, isStale: false }; }
      }
      export class Hanging extends Plain {
        get() { return new Promise(() => {}); }
      }
      export class Lacking { get() {} }
      export class Failing { constructor() { throw new Error("It cannot start"); } }
      `,
    );
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path);
  }
}

Deno.test("cache.module and class take the place of the built-in cache, and fail no request", async () => {
  using module = new Module();
  const upstream = startAnsweringUpstream(numbered);
  const run = async (name: string): Promise<readonly unknown[]> => {
    const lines: string[] = [];
    const logger = new StructuredLogger({
      level: "error",
      format: "json",
      sink: (text: string) => void lines.push(text),
    });
    const caching = { response_cache: { max_size_mb: 1 } };
    const config = { cache: { module: module.path, class: name }, caching };
    // deno-lint-ignore no-explicit-any -- no more of a config is looked at
    const cache = await loadCache(config as any, logger);
    const gateway = await startGateway(
      `
providers: [{name: up, type: openai_compatible, base_url: "${upstream.origin}/v1", models: [a]}]
caching: {response_cache: {enabled: true}}
`,
      onNode,
      undefined,
      { cache },
    );
    const taken: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      taken.push((await ask(gateway.url, "up/a"))[1]);
    }
    await gateway.close();
    await logger.close();
    return [
      ...taken,
      lines.join("").split('"msg":"the cache fails"').length - 1,
    ];
  };
  try {
    assertEquals(await run("Plain"), ["miss", "hit", "hit", 0]);
    assertEquals(await run("Broken"), ["miss", "miss", "miss", 1]);
    assertEquals(await run("Odd"), ["miss", "miss", "miss", 0]);
    assertEquals(await run("Hanging"), ["miss", "miss", "miss", 0]);
    const faults = [];
    for (const name of ["Lacking", "Failing", "None"]) {
      faults.push((await assertRejects(() => run(name), TypeError)).message);
    }
    assert(faults[0]?.includes("it has no method 'set'"), faults[0]);
    assert(faults[1]?.includes("It cannot start"), faults[1]);
    assert(faults[2]?.includes("it has no export 'None'"), faults[2]);
  } finally {
    await upstream.close();
  }
});
