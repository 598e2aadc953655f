import type { CliCommand } from "./_cli.ts";
import { print, tell, USAGE } from "./_terminal.ts";

/** Each shell's way to complete. */
const SHELLS: ReadonlyMap<string, (commands: readonly CliCommand[]) => string> =
  new Map([["bash", bash], ["zsh", zsh], ["fish", fish]]);

/** `completion`: prints what a shell needs to complete the program's commands and options. */
export function completion(
  [shell = "", ...surplus]: readonly string[],
  commands: readonly CliCommand[],
): number {
  const write = SHELLS.get(shell);
  if (write === undefined || surplus.length > 0) {
    return tell("llm-proxy: completion needs bash, zsh or fish", USAGE);
  }
  return print(write(commands.filter(({ hidden }) => !hidden)));
}

function optionsOf({ options }: CliCommand): string[] {
  return [...Object.keys(options), "help"].map((name) => `--${name}`);
}

function bash(commands: readonly CliCommand[]): string {
  const cases = commands.map((it) =>
    `    ${it.name}) words="${optionsOf(it).join(" ")}" ;;`
  );
  return `_llm_proxy() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words
  case "$before" in
    --config|--directory|--output) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="${
    [
      ...commands.map(({ name }) => name),
      ...optionsOf(commands[0] as CliCommand),
    ]
      .join(" ")
  }" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _llm_proxy llm-proxy
`;
}

function zsh(commands: readonly CliCommand[]): string {
  const names = commands.map(({ name, summary }) =>
    `    ${quote(`${name}:${summary}`)}`
  );
  const cases = commands.map((it) => {
    const specs = Object.entries(it.options).map(([name, { value, help }]) =>
      quote(
        `--${name}[${plain(help)}]${
          value ? `:${value}:${value === "FILE" ? "_files" : ""}` : ""
        }`,
      )
    );
    return `    ${it.name}) _arguments ${specs.join(" ")} ;;`;
  });
  return `#compdef llm-proxy
_llm_proxy() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join("\n")}
  esac
}
_llm_proxy "$@"
`;
}

function fish(commands: readonly CliCommand[]): string {
  const lines = commands.flatMap((it) => [
    `complete -c llm-proxy -n __fish_use_subcommand -a ${it.name} -d ${
      quote(it.summary)
    }`,
    ...Object.entries(it.options).map(([name, { value, help }]) =>
      `complete -c llm-proxy -n '__fish_seen_subcommand_from ${it.name}' -l ${name}${
        value ? (value === "FILE" ? " -r -F" : " -x") : ""
      } -d ${quote(plain(help))}`
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

/** One line without what zsh would read as its own. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[[\]:]/g, "");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
