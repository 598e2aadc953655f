import { assertEquals } from "@std/assert";
import { defaultConfig } from "./default_config.ts";
import { environmentProviders } from "./environment_providers.ts";

const KEY = "gsk-T4rEw2Qz";

/** What is on and why Groq is off, with this as its key. */
function withKey(key: string): { on: string[]; reason: string | undefined } {
  const env = (name: string) => name === "GROQ_API_KEY" ? key : undefined;
  const { on, off } = environmentProviders(env);
  assertEquals(
    defaultConfig({ env }).providers.map(({ type }) => type),
    on.map(({ type }) => type),
  );
  return {
    on: on.map(({ type }) => type),
    reason: off.find(({ name }) => name === "groq")?.reason,
  };
}

Deno.test("environmentProviders() has the mock and what has a key", () => {
  assertEquals(withKey(KEY), { on: ["mock", "groq"], reason: undefined });
  assertEquals(withKey(""), { on: ["mock"], reason: "no GROQ_API_KEY" });
});

Deno.test("F3: what can't be a key switches no provider on, and the reason never tells it", () => {
  const cases: readonly (readonly [string, string])[] = [
    [" ", "must hold nothing but printable ASCII without spaces"],
    [`${KEY}\n`, "must hold nothing but printable ASCII without spaces"],
    [`${KEY}\0`, "must hold nothing but printable ASCII without spaces"],
    [` ${KEY}`, "must hold nothing but printable ASCII without spaces"],
    [`Bearer ${KEY}`, "must hold nothing but printable ASCII without spaces"],
    [`"${KEY}"`, "must not have quotes around it"],
    [`'${KEY}'`, "must not have quotes around it"],
    ["your-api-key", "looks like a placeholder, not like a key"],
    ["$GROQ_API_KEY", "looks like a placeholder, not like a key"],
    ["<key>", "looks like a placeholder, not like a key"],
    [KEY.repeat(50), "must have at most 512 characters"],
  ];
  for (const [key, fault] of cases) {
    assertEquals(withKey(key), {
      on: ["mock"],
      reason: `GROQ_API_KEY ${fault}`,
    });
  }
});

Deno.test("environmentProviders() survives a reader that throws", () => {
  const { on } = environmentProviders(() => {
    throw new Error("It may not be read");
  });
  assertEquals(on, [{ type: "mock" }]);
});
