import { assertEquals } from "@std/assert";
import { genAiProviderName } from "./gen_ai_provider_name.ts";

Deno.test("genAiProviderName() knows the types that the conventions spell differently", () => {
  const names = [
    ["grok", "x_ai"],
    ["xai", "x_ai"],
    ["mistral", "mistral_ai"],
    ["bedrock", "aws.bedrock"],
    ["anthropic", "anthropic"],
    ["constructor", "constructor"],
  ] as const;
  for (const [type, name] of names) assertEquals(genAiProviderName(type), name);
});
