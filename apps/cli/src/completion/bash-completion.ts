import type { CommandNode, OptionNode } from "./command-tree.ts";

/** Written for bash 3.2, which macOS still has: no associative arrays. */
export function formatBashCompletion(nodes: readonly CommandNode[]): string {
  return `# Completion of biped for bash. Made by: biped completion bash
_biped() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="" path="" word at words=""
  [ "$COMP_CWORD" -gt 0 ] && previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "\${path:+$path }$word" in
      ${quoteAlternatives(nodes.map(({ path }) => path))}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path:$previous" in
${nodes.flatMap(formatValues).join("\n")}
  esac
  case "$path" in
${nodes.map(formatWords).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _biped biped`;
}

function formatWords({ path, children, values, options }: CommandNode): string {
  const names = children.map(({ name }) => name);
  const flags = options.flatMap((option) => option.flags.filter((flag) => flag.startsWith("--")));
  const profiles = takesProfile(path) ? " $(biped profile-names 2>/dev/null)" : "";
  return `    "${path}") words="${[...names, ...values, ...flags].join(" ")}${profiles}" ;;`;
}

function formatValues({ path, options }: CommandNode): string[] {
  return options
    .filter(({ takes }) => takes !== "nothing")
    .map(({ flags, takes }) => {
      const pattern = flags.map((flag) => `"${path}:${flag}"`).join("|");
      return `    ${pattern}) ${formatReply(takes)}; return ;;`;
    });
}

function formatReply(takes: OptionNode["takes"]): string {
  if (takes === "profile") return 'COMPREPLY=($(compgen -W "$(biped profile-names 2>/dev/null)" -- "$current"))';
  if (takes === "file") return 'COMPREPLY=($(compgen -f -- "$current"))';
  if (typeof takes === "object") return `COMPREPLY=($(compgen -W "${takes.choices.join(" ")}" -- "$current"))`;
  return "COMPREPLY=()";
}

function quoteAlternatives(paths: readonly string[]): string {
  return paths
    .filter((path) => path !== "")
    .map((path) => `"${path}"`)
    .join("|");
}

/** Commands whose argument is the name of a profile. */
export function takesProfile(path: string): boolean {
  return path === "profiles use" || path === "profiles remove";
}
