import type { CliCommand } from "./_cli.ts";
import { print, tell, USAGE } from "./_terminal.ts";

/** Each shell's way to complete. */
const SHELLS: ReadonlyMap<string, (commands: readonly CliCommand[]) => string> =
  new Map([["bash", bash], ["zsh", zsh], ["fish", fish]]);
/** Values of options that are paths. */
const PATHS: ReadonlySet<string> = new Set(["FILE", "DIR", "PLACE"]);

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

/** The options as they are typed; those that every command has at the end. */
function optionsOf({ options }: CliCommand): string[] {
  return [...Object.keys(options), "help", "version"].map((it) => `--${it}`);
}

/** The words that a command takes as they stand: `list` of `list|delete ID`. */
function wordsOf({ words = "" }: CliCommand): string[] {
  return words.split("|").flatMap((choice) =>
    /^[a-z]+/.exec(choice)?.[0] ?? []
  );
}

function bash(commands: readonly CliCommand[]): string {
  const [first] = commands;
  const cases = commands.map((it) =>
    `    ${it.name}) words="${[...wordsOf(it), ...optionsOf(it)].join(" ")}" ;;`
  );
  const names = commands.map(({ name }) => name);
  const all = [...names, ...first ? optionsOf(first) : []];
  const valued = (isPath: boolean): string => {
    const found = commands.flatMap(({ options }) =>
      Object.entries(options).flatMap(([name, { value }]) =>
        value !== undefined && PATHS.has(value) === isPath ? `--${name}` : []
      )
    );
    return [...new Set(found)].join("|");
  };
  return `_llm_proxy() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words
  case "$before" in
    ${valued(true)}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${valued(false)}) COMPREPLY=(); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="${all.join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _llm_proxy llm-proxy
`;
}

function zsh(commands: readonly CliCommand[]): string {
  const [first] = commands;
  const names = commands.map(({ name, summary }) =>
    `    ${quote(`${name}:${summary}`)}`
  );
  const specs = (it: CliCommand): string => {
    const options = Object.entries(it.options).map(([name, option]) =>
      quote(`--${name}[${plain(option.help)}]${zshValue(option.value)}`)
    );
    const words = wordsOf(it);
    return [
      ...options,
      quote("--help[print this]"),
      quote("1: :"),
      ...words.length > 0 ? [quote(`2:word:(${words.join(" ")})`)] : [],
    ].join(" ");
  };
  const cases = commands.map((it) =>
    `    ${it.name}) _arguments ${specs(it)} ;;`
  );
  return `#compdef llm-proxy
_llm_proxy() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )) && [[ "$words[2]" != -* ]]; then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join("\n")}
    *) _arguments ${first ? specs(first) : ""} ;;
  esac
}
# Loaded by the shell as a file of its own, or sourced.
if [[ "$funcstack[1]" = _llm_proxy ]]; then
  _llm_proxy "$@"
else
  compdef _llm_proxy llm-proxy
fi
`;
}

function zshValue(value: string | undefined): string {
  if (value === undefined) return "";
  return `:${plain(value)}:${PATHS.has(value) ? "_files" : ""}`;
}

function fish(commands: readonly CliCommand[]): string {
  const lines = commands.flatMap((it, index) => {
    const here = `__fish_seen_subcommand_from ${it.name}`;
    // The first is meant where none is named.
    const when = index === 0 ? `__fish_use_subcommand; or ${here}` : here;
    return [
      `complete -c llm-proxy -n __fish_use_subcommand -a ${it.name} -d ${
        quote(it.summary)
      }`,
      ...wordsOf(it).map((word) =>
        `complete -c llm-proxy -n ${quote(here)} -a ${word}`
      ),
      ...Object.entries(it.options).map(([name, { value, short, help }]) => {
        const takes = value === undefined
          ? ""
          : PATHS.has(value)
          ? " -r -F"
          : " -x";
        const brief = short === undefined ? "" : ` -s ${short}`;
        return `complete -c llm-proxy -n ${
          quote(when)
        } -l ${name}${brief}${takes} -d ${quote(help)}`;
      }),
    ];
  });
  return `complete -c llm-proxy -f
complete -c llm-proxy -l help -s h -d 'print this'
${lines.join("\n")}
`;
}

/** One line without what zsh would read as its own. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[[\]:]/g, "");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
