// What all commands have in common: help, examples, exit codes, JSON, completion.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { helpText, parseCli } from "../api/_cli.ts";
import { COMMANDS } from "../api/_commands.ts";
import { run } from "./_service.ts";

/** Those that serve, or print what others read anyway. */
const WITHOUT_JSON = new Set(["start", "completion", "check-state"]);

/** The words of an example, as a shell would hand them over. */
function words(example: string): string[] {
  const [command = ""] = example.split(" > ");
  return command.split(" ").filter((it) => it !== "")
    .map((it) => it.replaceAll("'", ""));
}

Deno.test("every command has help with options, examples that it takes, and exit codes", async () => {
  for (const command of COMMANDS) {
    const help = helpText(COMMANDS, command);
    assertStringIncludes(help, "Usage:\n  llm-proxy");
    assertStringIncludes(help, "Exit codes: 0 done, 1 a fault");
    assert(command.examples.length > 0, command.name);
    for (const example of command.examples) {
      assertStringIncludes(help, `  llm-proxy${example && ` ${example}`}\n`);
      const parsed = await parseCli(words(example), COMMANDS);
      assert("command" in parsed, `${example}: ${JSON.stringify(parsed)}`);
      assertEquals(parsed.command.name, command.name);
    }
    assertEquals(
      "json" in command.options,
      !WITHOUT_JSON.has(command.name),
      command.name,
    );
    const wrong = await parseCli([command.name, "--no-such-option"], COMMANDS);
    assert("fault" in wrong, command.name);
    const asked = [["help", command.name], [command.name, "-h"]];
    for (const args of asked) {
      assertEquals(await parseCli(args, COMMANDS), { help: command });
    }
  }
});

Deno.test("what is misspelt is told with what was meant, also to help", async () => {
  for (
    const [args, fault] of [
      [["chek"], "Unknown command 'chek' (did you mean 'check'?)"],
      [["help", "chek"], "Unknown command 'chek' (did you mean 'check'?)"],
      [["nothing-like-it"], "Unknown command 'nothing-like-it'"],
      [
        ["check", "--confg", "a"],
        "Unknown option '--confg' (did you mean '--config'?)",
      ],
      [["check", "--zzz"], "Unknown option '--zzz'"],
      [
        ["--state", "memory", "doctor"],
        "'doctor' must come before its options: llm-proxy doctor …",
      ],
    ] as const
  ) {
    assertEquals(await parseCli(args, COMMANDS), { fault });
  }
  assertEquals(await parseCli(["help"], COMMANDS), { help: undefined });
});

Deno.test("check --json tells every fault with its place, and ends with code 1 where there are some", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(file, "server: {prot: 1}\nproviders: [{type: x}]\n");
  const { code, out, err } = await run(["check", "--config", file, "--json"]);
  assertEquals([code, err], [1, ""]);
  const places = JSON.parse(out).faults.map((
    it: { readonly line: number; readonly column: number },
  ) => [it.line, it.column]);
  assertEquals(places, [[1, 10], [2, 20]]);
  await Deno.writeTextFile(file, "providers: [{type: mock}]\n");
  const sound = await run(["check", "--config", file, "--json"]);
  assertEquals([sound.code, JSON.parse(sound.out).faults], [0, []]);
  const none = await run(["check", "--config", `${file}.none`, "--json"]);
  assertEquals([none.code, JSON.parse(none.out).faults.length], [1, 1]);
  await Deno.remove(file);
});

/** Runs a shell, where there is one; those who may do everything have to. */
async function inShell(
  shell: string,
  script: string,
): Promise<string | undefined> {
  const code = `try {
    const { stdout } = new Deno.Command(${JSON.stringify(shell)}, {
      args: ["-c", ${JSON.stringify(script)}],
    }).outputSync();
    console.log("there");
    Deno.stdout.writeSync(stdout);
  } catch { /* There is none. */ }`;
  const { stdout } = await new Deno.Command("deno", { args: ["eval", code] })
    .output();
  const text = new TextDecoder().decode(stdout);
  return text.startsWith("there\n") ? text.slice("there\n".length) : undefined;
}

/** What is typed, and what it is completed to. */
const TYPED: readonly (readonly [string, string])[] = [
  ["llm-proxy ke", "keys"],
  ["llm-proxy --wo", "--workers"],
  ["llm-proxy keys ro", "rotate"],
  ["llm-proxy check --js", "--json"],
  ["llm-proxy completion b", "bash"],
  ["llm-proxy check --config main", "main.ts"],
];

Deno.test("completion: bash completes commands, words, options and files", async () => {
  const { out } = await run(["completion", "bash"]);
  const lines = TYPED.map(([line]) => {
    const typed = line.split(" ").map((word) => `'${word}'`);
    return `COMP_WORDS=(${
      typed.join(" ")
    }); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _llm_proxy; echo "\${COMPREPLY[@]}"`;
  });
  const told = await inShell("bash", `${out}\n${lines.join("\n")}`);
  if (told === undefined) return;
  assertEquals(told, TYPED.map(([, to]) => `${to}\n`).join(""));
});

Deno.test("completion: fish completes the same", async () => {
  const { out } = await run(["completion", "fish"]);
  const lines = TYPED.map(([line]) => `complete -C '${line}'`);
  const told = await inShell("fish", `${out}\n${lines.join("\n")}`);
  if (told === undefined) return;
  const found = told.trimEnd().split("\n").map((line) => line.split("\t")[0]);
  assertEquals(found, TYPED.map(([, to]) => to));
});

Deno.test("completion: other shells are wrong usage", async () => {
  assertEquals((await run(["completion", "csh"])).code, 2);
});

Deno.test("completion: zsh takes it, sourced", async () => {
  const { out } = await run(["completion", "zsh"]);
  const script =
    `autoload -U compinit && compinit -D -u\n${out}\nprint "$_comps[llm-proxy]"`;
  const told = await inShell("zsh", script);
  if (told === undefined) return;
  assertEquals(told, "_llm_proxy\n");
});

Deno.test("F1: a permission that is missing is told in one line", async () => {
  const start = ["run", "--quiet", "--frozen", "--no-prompt"];
  for (
    const [flags, told] of [
      [[], /^llm-proxy: Requires read access .*--allow-read.*\n$/],
      [["--allow-read"], /^llm-proxy: Requires env access .*--allow-env.*\n$/],
    ] as const
  ) {
    const { code, stderr } = await new Deno.Command("deno", {
      args: [...start, ...flags, "main.ts"],
      cwd: new URL("../", import.meta.url),
    }).output();
    assertEquals(code, 1);
    assertMatch(new TextDecoder().decode(stderr), told);
  }
});
