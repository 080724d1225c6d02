import { takesProfile } from "./bash-completion.ts";
import type { CommandNode, OptionNode } from "./command-tree.ts";

export function formatZshCompletion(nodes: readonly CommandNode[]): string {
  const paths = nodes.flatMap(({ path }) => (path === "" ? [] : [quote(path)]));
  return `#compdef biped
# Completion of biped for zsh. Made by: biped completion zsh
_biped() {
  local path_words="" word previous="\${words[CURRENT-1]}"
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${path_words:+$path_words }$word" in
      ${paths.join("|")}) path_words="\${path_words:+$path_words }$word" ;;
    esac
  done
  case "$path_words:$previous" in
${nodes.flatMap(formatValues).join("\n")}
  esac
  case "$path_words" in
${nodes.map(formatWords).join("\n")}
  esac
  if [[ "$PREFIX" == -* ]]; then
    _describe -o 'option' options
  elif (( \${#commands} )); then
    _describe 'command' commands
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_biped" ]; then _biped "$@"; else compdef _biped biped; fi`;
}

function formatWords({ path, children, values, options }: CommandNode): string {
  const described = children.map(({ name, description }) => quote(`${name}:${description}`));
  const flags = options.flatMap((option) =>
    option.flags.filter((flag) => flag.startsWith("--")).map((flag) => quote(`${flag}:${option.description}`)),
  );
  const profiles = takesProfile(path) ? ` \${(f)"$(biped profile-names 2>/dev/null)"}` : "";
  return `    ${quote(path)}) commands=(${[...described, ...values].join(" ")}${profiles}); options=(${flags.join(" ")}) ;;`;
}

function formatValues({ path, options }: CommandNode): string[] {
  return options
    .filter(({ takes }) => takes !== "nothing")
    .map(({ flags, takes }) => {
      const pattern = flags.map((flag) => quote(`${path}:${flag}`)).join("|");
      return `    ${pattern}) ${formatReply(takes)}; return ;;`;
    });
}

function formatReply(takes: OptionNode["takes"]): string {
  if (takes === "profile") return `compadd -- \${(f)"$(biped profile-names 2>/dev/null)"}`;
  if (takes === "file") return "_files";
  if (typeof takes === "object") return `compadd -- ${takes.choices.join(" ")}`;
  return "_message 'value'";
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
