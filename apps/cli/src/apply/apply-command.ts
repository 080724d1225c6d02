import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { readGlobalOptions } from "../global-options.ts";

export type ApplyOptions = {
  readonly file: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly secretsFile?: string;
};

const details = `
The file declares what there should be. What it does not mention stays as it is:

  clouds:
    - name: aws-eu-west-1
      endpoint: https://api.eu.example.com
  accounts:
    - name: Acme                        # id: 7 names one that is to be renamed
      credentialLifetimeLimitDays: 365  # or null; state: disabled
      projects:
        - name: Web                     # id: 42 is also taken for a new one
          cloud: aws-eu-west-1
          timeZone: Europe/Paris
          credentials:                  # of this project
            - name: Nightly             # clientId: … names one to be renamed
              scopes: [data-export, metrics]
              allowedRanges: [192.0.2.0/24]
              expiresAt: 2027-06-30     # or never; state: disabled
      credentials: []                   # of account level
  prune: false                          # true deletes credentials that a list leaves out

The plan is shown first, then done after a yes: clouds, accounts, projects,
credentials. Secrets of new credentials go to stdout, or to a new file, once; the
plan goes to stderr then. A second run finds nothing to change.

Examples:
  $ biped apply -f biped.yaml --dry-run
  $ biped apply -f biped.yaml --yes --secrets-file secrets.jsonl
  $ biped apply -f biped.yaml --dry-run --json | jq '.steps | length'`;

export function addApplyCommand(program: Command, context: CommandContext): void {
  program
    .command("apply")
    .description("bring accounts, projects, clouds and credentials to the state that a file declares")
    .requiredOption("-f, --file <file>", "the file, in YAML or JSON; stdin with -")
    .option("--dry-run", "show the plan, and change nothing")
    .option("--yes", "do it without asking")
    .option("--secrets-file <file>", "write secrets to this new file, readable by you alone, a line of JSON each")
    .addHelpText("after", details)
    .action(async (options: ApplyOptions, command: Command) => {
      // Loaded here, with the parser of YAML and the rules of the file: other commands do not need them.
      const { apply } = await import("./apply.ts");
      await apply(context, options, readGlobalOptions(command));
    });
}
