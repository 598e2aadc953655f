import { assertEquals } from "@std/assert";
import { TestUpstream } from "./_test_upstream.ts";

const { state } = await Deno.permissions.query({
  name: "run",
  command: "deno",
});

/** What a process that may only go to `permitted` gets for a GET. */
async function getWithin(permitted: string, url: string): Promise<string> {
  const script = new URL("_test_get.ts", import.meta.url);
  const { stdout, stderr } = await new Deno.Command("deno", {
    args: [
      "run",
      "--no-lock",
      "--quiet",
      "--no-prompt",
      `--allow-net=${permitted}`,
      "--allow-env",
    ]
      .concat(script.href, url),
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

Deno.test({
  name:
    "HttpClient reaches a name whose addresses are not permitted themselves",
  ignore: state !== "granted",
  async fn() {
    await using upstream = await TestUpstream.start((r) => r.respond("hi"));
    const url = `http://localhost:${upstream.port}/`;
    assertEquals(await getWithin("localhost", url), "hi\n");
    assertEquals(
      await getWithin("other.invalid", url),
      "upstream_dns_failed\n",
    );
  },
});
