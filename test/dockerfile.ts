/** What a Dockerfile says, and rules of our own for it: as much of the language as ours is written in. */

export type Instruction = {
  readonly name: string;
  readonly flags: ReadonlyMap<string, string>;
  /** In the form of a JSON array its entries, else what stands between blanks. */
  readonly words: readonly string[];
  readonly isExec: boolean;
};

export type Stage = { readonly base: string; readonly name: string; readonly instructions: readonly Instruction[] };

/** @throws Error for what it does not know. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of text.split("\n").filter((each) => each.trim() !== "" && !each.startsWith("#"))) {
    if (line.endsWith("\\")) throw new Error(`a line that goes on: ${line}`);
    const instruction = parseInstruction(line);
    const { name, words } = instruction;
    if (name === "FROM") stages.push({ base: words[0] ?? "", name: words[2] ?? "", instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, name = "", options = "", rest = ""] = /^([A-Z]+)((?: --\S+)*) (.*)$/.exec(line) ?? [];
  if (name === "") throw new Error(`no instruction: ${line}`);
  const flags = new Map([...options.matchAll(/--([a-z-]+)=(\S+)/g)].map(([, flag = "", value = ""]) => [flag, value]));
  const exec = /^(?:CMD )?(\[.*\])$/.exec(rest)?.[1];
  const words = exec === undefined ? [...rest.matchAll(/(?:"[^"]*"|\S)+/g)].map(([word]) => word) : JSON.parse(exec);
  return { name, flags, words, isExec: exec !== undefined };
}

/** The variables that it sets. */
export function listVariables({ instructions }: Stage): ReadonlyMap<string, string> {
  const pairs = instructions.filter(({ name }) => name === "ENV" || name === "ARG").flatMap(({ words }) => words);
  return new Map(pairs.map((pair) => [pair.split("=", 1)[0] ?? "", pair.replace(/^[^=]*=?/, "").replaceAll('"', "")]));
}

const isSecret = /SECRET|PASSWORD|TOKEN|KEK|DATABASE_URL/;

/** @returns a line for each rule that it breaks. */
export function findDockerfileFaults(text: string): readonly string[] {
  const stages = parseDockerfile(text);
  const all = stages.flatMap(({ instructions }) => instructions);
  const last = stages.at(-1)?.instructions ?? [];
  const find = (name: string): Instruction | undefined => last.findLast((each) => each.name === name);
  const bases = stages.map(({ base }) => base);
  const names = stages.flatMap((stage) => [...listVariables(stage).keys()]);
  const told = all.filter(({ name }) => ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"].includes(name));
  const afterUser = last.slice(last.findLastIndex(({ name }) => name === "USER")).map(({ name }) => name);
  const faults: readonly (readonly [boolean, string])[] = [
    [bases.some((base) => !/^node:\d+-[a-z]+-slim$/.test(base)), "a base that is not an official Node of one major"],
    [all.some(({ name }) => name === "ADD"), "ADD, which fetches and unpacks"],
    [!/^[1-9]\d*:[1-9]\d*$/.test(find("USER")?.words[0] ?? ""), "no user of its own, as numbers"],
    [afterUser.some((name) => name === "RUN" || name === "COPY"), "files that belong to the user who runs"],
    [last.some(({ name }) => name === "RUN"), "something is run in the image that is shipped"],
    [told.some(({ isExec }) => !isExec), "a shell between the signals and a program"],
    [/npm["\s,]+(?:install|i\b)/.test(text), "packages that the lock file does not name"],
    [names.some((name) => isSecret.test(name)), "a secret in a layer"],
    [find("STOPSIGNAL")?.words[0] !== "SIGTERM", "not stopped by SIGTERM"],
    [find("HEALTHCHECK") === undefined, "no health check"],
    [find("CMD") === undefined, "no command"],
  ];
  return faults.filter(([isBroken]) => isBroken).map(([, fault]) => fault);
}
