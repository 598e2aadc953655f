import { assertEquals } from "@std/assert";
import { isFillIn } from "./_config_secrets.ts";

Deno.test("isFillIn() knows texts that only stand for a key", () => {
  for (
    const key of [
      "${OPENAI_API_KEY}",
      "$OPENAI_API_KEY",
      "os.environ/OPENAI_API_KEY",
      "<your key here>",
      "%API_KEY%",
      "changeme-changeme",
      "changeme-changeme-changeme",
      "changeme_changeme_changeme_changeme_1",
      "password-password-password",
      "swordfish-swordfish-swordfish",
      "deadbeefdeadbeefdeadbeefdeadbeef",
      "Change-Me-1234567",
      "your-api-key-here",
      "sk-your-key-here",
      "sk-...",
      "example-key-12345",
      "xxxxxxxxxxxxxxxxxxxx",
      "sk-xxxxxxxxxxxxxxxx",
      "1234567890123456",
      "sk-1234567890abcdef".slice(0, 13),
      "abcdefghijklmnop",
      "****************",
    ]
  ) assertEquals(isFillIn(key), true, key);
});

Deno.test("isFillIn() lets real keys pass, short local ones included", () => {
  for (
    const key of [
      "qW7rTz2Lm9XcVb4N",
      "sk-proj-9fK2mQ7xWb4tRz",
      "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
      "EMPTY",
      "123",
      "ollama",
      "lm-studio",
      "token-abc123",
      // A long random key that happens to hold a phrase.
      "kT4yourkeyZ8qW7rTz2Lm9XcVb4NhJ3kPs8DfGy6QaZe",
    ]
  ) assertEquals(isFillIn(key), false, key);
});
