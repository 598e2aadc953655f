import { assertEquals } from "@std/assert";
import { providerTypes } from "../core/provider_types.ts";
import {
  PROVIDER_TYPES,
  TYPES_WITHOUT_ADDRESS,
} from "./_config_provider_types.ts";
import { strategies } from "@llm-proxy/core/routing";
import { STRATEGIES } from "./_config_routes_section.ts";
import type {
  Config,
  ProviderConfig,
  ProviderTypeName,
  RouteConfig,
} from "./config.ts";
import type { GuardrailConfig } from "./config_types_guardrails.ts";
import { type ConfigOutput, configSchema } from "./config_schema.ts";

/** `true` where two maps have the same keys, in depth; a type error below where not. */
type SameKeys<A, B> = A extends readonly (infer X)[]
  ? B extends readonly (infer Y)[] ? SameKeys<X, Y> : false
  : A extends Readonly<Record<string, unknown>>
    ? keyof A extends keyof B ? keyof B extends keyof A ? true : false : false
  : true;

type Joined = "auth" | "guardrails" | "providers" | "routes";
type Sections = {
  [K in Exclude<keyof ConfigOutput, Joined>]: SameKeys<
    NonNullable<ConfigOutput[K]>,
    NonNullable<Config[K]>
  >;
};

Deno.test("configSchema gives out what Config declares", () => {
  // Checked by the compiler: a key on one side only is no `true`.
  const keys: SameKeys<ConfigOutput, Config> = true;
  const provider: SameKeys<
    ConfigOutput["providers"][number],
    Omit<ProviderConfig, "tls">
  > = true;
  const route: SameKeys<ConfigOutput["routes"][number], RouteConfig> = true;
  type Of<T, Type> = Extract<T, { readonly type: Type }>;
  type Rule = ConfigOutput["guardrails"][number];
  const guardrails: {
    [T in Rule["type"]]: SameKeys<Of<Rule, T>, Of<GuardrailConfig, T>>;
  } = {
    deny: true,
    patterns: true,
    pii: true,
    json_schema: true,
    max: true,
    webhook: true,
  };
  const sections: { [K in keyof Sections]: true } extends Sections ? true
    : false = true;
  const output: Omit<ConfigOutput, Joined | "memory"> = configSchema.parse({});
  const config: Omit<Config, Joined> = configSchema.parse({}) satisfies Omit<
    Config,
    Joined
  >;
  assertEquals(
    [keys, provider, route, guardrails.deny, sections],
    Array(5).fill(true),
  );
  assertEquals(Object.keys(output), Object.keys(config));
});

Deno.test("PROVIDER_TYPES leaves no ProviderTypeName out", () => {
  const all: ProviderTypeName extends (typeof PROVIDER_TYPES)[number] ? true
    : false = true;
  assertEquals(all, true);
});

Deno.test("PROVIDER_TYPES are the types of the core's table", () => {
  assertEquals([...PROVIDER_TYPES].sort(), [...providerTypes.keys()].sort());
  const homeless = [...providerTypes].filter(([, it]) =>
    it.baseUrl === undefined && it.address === undefined
  );
  assertEquals(
    [...TYPES_WITHOUT_ADDRESS].sort(),
    homeless.map(([name]) => name).sort(),
  );
});

Deno.test("STRATEGIES are those of the core", () => {
  assertEquals<readonly string[]>(STRATEGIES, [...strategies.keys()]);
});
