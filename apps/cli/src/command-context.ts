import type { GlobalOptions } from "./global-options.ts";
import type { OpenedClient } from "./open-client.ts";
import type { Terminal } from "./terminal/terminal.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command may use of the world. `main.ts` makes it of the process. */
export type CommandContext = {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly nowMilliseconds: () => number;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** The credential that the options, the environment or the profiles name. `readGlobalOptions(command)` reads them. */
  readonly openClient: (options: GlobalOptions) => Promise<OpenedClient>;
  /** How the run ends when nothing is thrown: for a check that did not pass. Another program's code is passed on. */
  readonly endWith: (exitCode: number) => void;
  /** The command ends in its own time after an interruption: another program does its work. */
  readonly handOver: () => void;
};
