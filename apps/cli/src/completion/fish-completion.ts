import { takesProfile } from "./bash-completion.ts";
import type { CommandNode, OptionNode } from "./command-tree.ts";

export function formatFishCompletion(nodes: readonly CommandNode[]): string {
  const paths = nodes.flatMap(({ path }) => (path === "" ? [] : [quote(path)]));
  return `# Completion of biped for fish. Made by: biped completion fish
function __biped_path
    set -l path ''
    for word in (commandline -opc)[2..]
        set -l longer (string trim -- "$path $word")
        contains -- "$longer" ${paths.join(" ")}; and set path $longer
    end
    test "$path" = "$argv[1]"
end
complete -c biped -f
${nodes.flatMap(formatNode).join("\n")}`;
}

function formatNode({ path, children, values, options }: CommandNode): string[] {
  const at = `complete -c biped -n ${quote(`__biped_path ${quote(path)}`)}`;
  return [
    ...children.map(({ name, description }) => `${at} -a ${name} -d ${quote(description)}`),
    ...values.map((value) => `${at} -a ${value}`),
    ...(takesProfile(path) ? [`${at} -a '(biped profile-names 2>/dev/null)'`] : []),
    ...options.map(
      (option) => `${at}${formatFlags(option)}${formatTakes(option.takes)} -d ${quote(option.description)}`,
    ),
  ];
}

function formatFlags({ flags }: OptionNode): string {
  return flags.map((flag) => (flag.startsWith("--") ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`)).join("");
}

function formatTakes(takes: OptionNode["takes"]): string {
  if (takes === "nothing") return "";
  if (takes === "profile") return " -x -a '(biped profile-names 2>/dev/null)'";
  if (takes === "file") return " -r -F";
  if (typeof takes === "object") return ` -x -a ${quote(takes.choices.join(" "))}`;
  return " -x";
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
