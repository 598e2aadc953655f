import { parseArgs } from "node:util";

/** An option of a command. */
export interface CliOption {
  /** What it takes: nothing where it is a switch. */
  readonly value?: string;
  readonly short?: string;
  /** One line. */
  readonly help: string;
}

/** What a command was given. */
export interface CliInput {
  /** The values of options. */
  readonly values: ReadonlyMap<string, string>;
  /** The switches that are on. */
  readonly switches: ReadonlySet<string>;
  readonly words: readonly string[];
}

/** One command of the service. */
export interface CliCommand {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What words it takes, for example `[ID]`. @default {none} */
  readonly words?: string;
  readonly options: Readonly<Record<string, CliOption>>;
  /** Without the program's name. */
  readonly examples: readonly string[];
  /** Not shown: for the program's own use. */
  readonly hidden?: true;
  /** @returns The exit code. */
  run(input: CliInput): Promise<number> | number;
}

/** What a command line asks for. */
export type Parsed =
  | { readonly command: CliCommand; readonly input: CliInput }
  | { readonly help: CliCommand | undefined }
  | { readonly version: true }
  | { readonly fault: string };

/** Every command knows these. */
const COMMON = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

/** Reads the command line; the first command is meant where none is named. */
export async function parseCli(
  args: readonly string[],
  commands: readonly CliCommand[],
): Promise<Parsed> {
  const [first] = commands;
  if (first === undefined) return { fault: "There is no command" };
  const asksHelp = args[0] === "help";
  const rest = asksHelp ? args.slice(1) : args;
  const named = commands.find(({ name }) => name === rest[0]);
  if (asksHelp) {
    const [topic] = rest;
    const isWord = topic !== undefined && !topic.startsWith("-");
    return isWord && named === undefined
      ? { fault: await unknownCommand(topic, commands) }
      : { help: named };
  }
  const command = named ?? first;
  const given = named === undefined ? rest : rest.slice(1);
  let parsed;
  try {
    parsed = parseArgs({
      args: [...given],
      allowPositionals: true,
      options: { ...platformOptions(command), ...COMMON },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [fault = message] = message.split(/[.\n]/);
    return { fault: fault + await meantOption(fault, command) };
  }
  const { positionals } = parsed;
  const all = Object.entries(parsed.values as Record<string, unknown>);
  const switches = new Set(all.flatMap(([k, v]) => v === true ? [k] : []));
  const values = new Map(
    all.flatMap(([k, v]) => typeof v === "string" ? [[k, v] as const] : []),
  );
  if (switches.has("help")) return { help: named };
  if (switches.has("version")) return { version: true };
  const [surplus] = positionals;
  if (surplus !== undefined && command.words === undefined) {
    return {
      fault: named
        ? `'${command.name}' takes no word '${surplus}'`
        : await unknownCommand(surplus, commands),
    };
  }
  const empty = [...values].find(([, value]) => value === "")?.[0];
  if (empty !== undefined) {
    const wanted = command.options[empty]?.value?.toLowerCase();
    return { fault: `--${empty} needs a ${wanted}` };
  }
  return { command, input: { values, switches, words: positionals } };
}

async function unknownCommand(
  word: string,
  commands: readonly CliCommand[],
): Promise<string> {
  const names = commands.filter(({ hidden }) => !hidden).map((it) => it.name);
  if (names.includes(word)) {
    return `'${word}' must come before its options: llm-proxy ${word} …`;
  }
  // What compares words is loaded where one is wrong.
  const { mean, nearest } = await import("./_nearest.ts");
  const near = nearest(word, names);
  return `Unknown command '${word}'${near === undefined ? "" : mean(near)}`;
}

/** The option that was meant, where the platform knows one of no such name. */
async function meantOption(
  fault: string,
  { options }: CliCommand,
): Promise<string> {
  const [, name] = /^Unknown option '--([^']+)'/.exec(fault) ?? [];
  if (name === undefined) return "";
  const { mean, nearest } = await import("./_nearest.ts");
  const near = nearest(name, [...Object.keys(options), ...Object.keys(COMMON)]);
  return near === undefined ? "" : mean(`--${near}`);
}

/** What `--help` prints of one command, or of all. */
export function helpText(
  commands: readonly CliCommand[],
  command?: CliCommand,
): string {
  const [first] = commands;
  const one = command ?? first;
  if (one === undefined) return "";
  const name = one === first ? "" : ` ${one.name}`;
  const shown = commands.filter(({ hidden }) => !hidden);
  const parts = [
    command === undefined
      ? "llm-proxy: an LLM gateway in one process"
      : `llm-proxy${name}: ${one.summary}`,
    command === undefined
      ? `Usage:\n  llm-proxy [OPTIONS]\n  llm-proxy COMMAND [OPTIONS]`
      : `Usage:\n  llm-proxy${name} [OPTIONS]${
        one.words ? ` ${one.words}` : ""
      }`,
    ...command === undefined
      ? [
        `Commands ('llm-proxy COMMAND --help' tells more):\n${
          rows(shown.slice(1).map((it) => [it.name, it.summary]))
        }`,
      ]
      : [],
    `Options:\n${rows(optionRows(one))}`,
    `Examples:\n${
      one.examples.map((it) => `  llm-proxy${it && ` ${it}`}`).join("\n")
    }`,
    "Exit codes: 0 done, 1 a fault (each told in a line of its own), 2 wrong usage",
  ];
  return `${parts.join("\n\n")}\n`;
}

function optionRows({ options }: CliCommand): [string, string][] {
  const own = Object.entries(options).map((
    [name, { value, short, help }],
  ): [string, string] => [
    `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
    help,
  ]);
  return [...own, ["-h, --help", "print this"], [
    "--version",
    "print the version",
  ]];
}

/** Two columns. */
function rows(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 2;
  return pairs.map(([name, text]) => `  ${name.padEnd(width)}${text}`)
    .join("\n");
}

function platformOptions({ options }: CliCommand) {
  return Object.fromEntries(
    Object.entries(options).map(([name, { value, short }]) => [name, {
      type: value === undefined ? "boolean" as const : "string" as const,
      ...(short !== undefined && { short }),
    }]),
  );
}
