import { Command, Option } from "commander";
import { expect, test } from "vitest";
import { readCommandTree } from "./command-tree.ts";

test("commands, their options and the kind of value that each takes; what is hidden stays hidden", () => {
  const program = new Command("biped").version("1").option("--profile <name>", "a profile").option("--json", "as JSON");
  const group = program.command("exports").description("exports");
  group.command("create").description("create").option("-f, --file <file>", "from a file");
  program.command("secret", { hidden: true });
  program.command("login").addOption(new Option("--store <place>", "where").choices(["a", "b"]));
  const nodes = readCommandTree(program);
  expect(nodes.map(({ path }) => path)).toEqual(["", "exports", "exports create", "login"]);
  const create = nodes[2]?.options.map(({ flags, takes }) => [flags.join(","), takes]);
  expect(create).toEqual([
    ["-f,--file", "file"],
    ["--profile", "profile"],
    ["--json", "nothing"],
    ["-h,--help", "nothing"],
  ]);
  expect(nodes[3]?.options[0]?.takes).toEqual({ choices: ["a", "b"] });
});
