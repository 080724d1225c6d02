import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { expect, test } from "vitest";
import type { CommandContext } from "../command-context.ts";
import { createProgram } from "../program.ts";
import { createTerminal } from "../terminal/terminal.ts";
import { loadAdminCommands } from "./admin-commands.ts";

const lines: string[] = [];
const output = new PassThrough();
output.on("data", (chunk: Buffer) => lines.push(...chunk.toString().split("\n")));
const { signal } = new AbortController();
const terminal = createTerminal({
  input: new PassThrough(),
  output: Object.assign(output, { columns: 100 }),
  error: new PassThrough(),
  environment: {},
  mode: { isJson: false, isQuiet: false, isDebug: false, isColorRefused: true },
  signal,
});
const context: CommandContext = {
  terminal,
  environment: {},
  workingDirectory: "/",
  nowMilliseconds: () => 0,
  signal,
  openClient: () => Promise.reject(new Error("not here")),
  endWith: () => undefined,
  handOver: () => undefined,
};

const collect = (command: Command): Command[] => [command, ...command.commands.flatMap(collect)];

test("every command of admin says what it does, with an example that names it, no line over 110 columns", async () => {
  const program = createProgram(context);
  await loadAdminCommands(program, context, ["admin"]);
  const admin = program.commands.find((command) => command.name() === "admin");
  const commands = admin === undefined ? [] : collect(admin);
  expect(commands.length).toBeGreaterThan(50);
  for (const command of commands) {
    lines.length = 0;
    command.outputHelp();
    const help = lines.join("\n");
    const names: string[] = [];
    for (let each: Command | null = command; each !== null; each = each.parent) names.unshift(each.name());
    expect(help).toContain(`Usage: ${names.join(" ")}`);
    expect(help).toMatch(new RegExp(`\nExamples?:\n(?:.*\n)*? {2}\\$ ${names.join(" ")}`));
    expect(command.description(), names.join(" ")).toMatch(/^[a-z][^.]{8,}$/);
    expect(Math.max(...lines.map((line) => line.length)), help).toBeLessThanOrEqual(110);
  }
});

test("they are loaded for who wants them, and for the completion", async () => {
  const count = async (...args: string[]): Promise<number | undefined> => {
    const program = createProgram(context);
    await loadAdminCommands(program, context, args);
    return program.commands.find((command) => command.name() === "admin")?.commands.length;
  };
  expect([await count("whoami"), await count("--help")]).toEqual([0, 0]);
  expect(await count("--json", "admin", "whoami")).toBeGreaterThan(10);
  expect(await count("completion", "bash")).toBeGreaterThan(10);
});
