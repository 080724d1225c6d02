import type { Command, Option } from "commander";

/** The commands as a completion needs them. */
export type CommandNode = {
  /** The words after `biped`, such as "profiles use"; empty for `biped` itself. */
  readonly path: string;
  readonly description: string;
  readonly children: readonly { readonly name: string; readonly description: string }[];
  /** What its argument can be, where that is known. */
  readonly values: readonly string[];
  readonly options: readonly OptionNode[];
};

export type OptionNode = {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takes: "nothing" | "profile" | "file" | "text" | { readonly choices: readonly string[] };
};

/** Every visible command, `biped` first. */
export function readCommandTree(program: Command): CommandNode[] {
  const shared = program.options.filter((option) => option.long !== "--version").map(readOption);
  const read = (command: Command, path: string): CommandNode[] => {
    const children = command.createHelp().visibleCommands(command);
    const own = command.options.map(readOption);
    const help: OptionNode = { flags: ["-h", "--help"], description: "print the help", takes: "nothing" };
    const node: CommandNode = {
      path,
      description: command.description(),
      children: children.map((child) => ({ name: child.name(), description: child.description() })),
      values: command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
      options: [...(path === "" ? own : [...own, ...shared]), help],
    };
    return [
      node,
      ...children.flatMap((child) => (child.name() === "help" ? [] : read(child, `${path} ${child.name()}`.trim()))),
    ];
  };
  return read(program, "");
}

function readOption(option: Option): OptionNode {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  return { flags, description: option.description, takes: findKind(option) };
}

function findKind({ required, optional, argChoices, long, flags }: Option): OptionNode["takes"] {
  if (!required && !optional) return "nothing";
  if (argChoices !== undefined) return { choices: argChoices };
  if (long === "--profile" || long === "--name") return "profile";
  return /[<[](?:file|directory|dir|data)\]?/i.test(flags) ? "file" : "text";
}
