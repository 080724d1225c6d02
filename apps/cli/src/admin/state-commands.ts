import type { Command } from "commander";
import { type ConfirmOptions, confirmOption } from "./confirm.ts";
import { formatExamples } from "./print-answer.ts";

export const states = ["enabled", "disabled"] as const;

export type StateChange<Id> = {
  readonly id: Id;
  readonly state: (typeof states)[number];
  /** Of an enabling too, which never asks. */
  readonly options: ConfirmOptions;
};

type StateCommands<Id> = {
  /** As in "enable an account". */
  readonly noun: string;
  /** As in "disable an account: none of its credentials gets a token". */
  readonly effect: string;
  readonly argument: readonly [name: string, description: string, parse: (text: string) => Id];
  /** An id of the kind that the argument takes. */
  readonly example: string;
  readonly setState: (change: StateChange<Id>, command: Command) => Promise<void>;
};

/** `disable`, which asks, and `enable`. */
export function addStateCommands<Id>(
  nouns: Command,
  { noun, effect, argument: [name, description, parse], example, setState }: StateCommands<Id>,
): void {
  const path = `admin ${nouns.name()}`;
  nouns
    .command("disable")
    .description(`disable ${noun}: ${effect}`)
    .argument(name, description, parse)
    .option(...confirmOption)
    .addHelpText("after", formatExamples(`${path} disable ${example}`))
    .action((id: Id, options: ConfirmOptions, command: Command) =>
      setState({ id, state: "disabled", options }, command),
    );
  nouns
    .command("enable")
    .description(`enable ${noun}`)
    .argument(name, description, parse)
    .addHelpText("after", formatExamples(`${path} enable ${example}`))
    .action((id: Id, _: unknown, command: Command) =>
      setState({ id, state: "enabled", options: { yes: true } }, command),
    );
}
