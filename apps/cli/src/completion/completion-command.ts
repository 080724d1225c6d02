import { Argument, type Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { formatBashCompletion } from "./bash-completion.ts";
import { readCommandTree } from "./command-tree.ts";
import { formatFishCompletion } from "./fish-completion.ts";
import { formatZshCompletion } from "./zsh-completion.ts";

const examples = `
Examples:
  $ biped completion bash >> ~/.bashrc
  $ biped completion zsh > "\${fpath[1]}/_biped"
  $ biped completion fish > ~/.config/fish/completions/biped.fish`;

const formats = { bash: formatBashCompletion, zsh: formatZshCompletion, fish: formatFishCompletion } as const;

export function addCompletionCommand(program: Command, { terminal }: CommandContext): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(formats)))
    .description("print a script that completes biped in a shell")
    .addHelpText("after", examples)
    .action((shell: keyof typeof formats) => terminal.print(formats[shell](readCommandTree(program))));
}
