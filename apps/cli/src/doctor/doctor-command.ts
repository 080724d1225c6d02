import type { Client } from "@biped/client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { type Credential, findCredential } from "../credential.ts";
import { describeError } from "../error-report.ts";
import { type GlobalOptions, readGlobalOptions } from "../global-options.ts";
import { chooseScope, createClientFor } from "../open-client.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatColumns } from "../terminal/table.ts";
import { type CredentialFacts, readCredentialFacts } from "../whoami/credential-facts.ts";
import { describeCredential, type ExaminationParts, examineProject, examineSecret, examineService } from "./examine.ts";
import { type Finding, findGravestExitCode } from "./finding.ts";

const examples = `
Looks at the service, the clock, the credential, its secret, and each project: a
token, and an answer of its cloud. With --project, at that project alone. Made
for CI: exit code 0 when nothing failed (warnings may be printed), else that of
the gravest failure.

Examples:
  $ biped doctor
  $ biped doctor --project 42 --quiet
  $ biped doctor --json | jq '.findings[] | select(.verdict != "passed")'`;

const projectsAtOnce = 4;

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command("doctor")
    .description("find out what does not work: network, clock, credential, secret, every project's cloud")
    .addHelpText("after", examples)
    .action((_: unknown, command: Command) => doctor(context, readGlobalOptions(command)));
}

async function doctor(context: CommandContext, options: GlobalOptions): Promise<void> {
  const { terminal, environment, signal, nowMilliseconds } = context;
  const credential = await findCredential(environment, options);
  const parts = { fetch: globalThis.fetch, signal, nowMilliseconds };
  const findings: Finding[] = [];
  const tell = (...found: readonly Finding[]): void => {
    findings.push(...found);
    context.endWith(findGravestExitCode(findings));
    if (!terminal.isJson) for (const finding of found) printFinding(context, finding);
  };
  if (!terminal.isJson) terminal.print(`${terminal.style.bold("biped doctor")}: ${describeSource(credential)}`);
  terminal.showProgress(`Asking ${escapeControls(credential.authUrl)}…`);
  tell(...(await examineService(credential.authUrl, parts)));
  if (findings.every(({ verdict, name }) => name !== "service" || verdict === "passed")) {
    await examineCredential(context, { credential, options, parts, tell });
  }
  const exitCode = findGravestExitCode(findings);
  if (terminal.isJson) return terminal.printJson({ ok: exitCode === 0, exitCode, findings });
  terminal.print(summarize(context, findings));
}

type Examination = {
  readonly credential: Credential;
  readonly options: GlobalOptions;
  readonly parts: ExaminationParts;
  readonly tell: (...found: readonly Finding[]) => void;
};

async function examineCredential(
  context: CommandContext,
  { credential, options, parts, tell }: Examination,
): Promise<void> {
  const { signal, nowMilliseconds, terminal } = context;
  // The skew of the clock is a finding of its own; the client's note would say it again.
  const quiet = { terminal: { ...terminal, note: () => undefined } };
  let facts: CredentialFacts;
  let scope: string;
  try {
    facts = readCredentialFacts(await createClientFor(quiet, credential).information({ signal }));
    scope = facts.scopes === "" ? "" : (credential.scope ?? chooseScope(facts.scopes));
  } catch (error) {
    signal.throwIfAborted();
    const { message, next, exitCode, code } = describeError(error);
    tell({ name: "credential", verdict: "failed", message: `${message.replace(/\.$/, "")} (${code})`, next, exitCode });
    return;
  }
  tell(describeCredential(facts), ...examineSecret(facts.secrets, nowMilliseconds()));
  const projects = options.project === undefined ? facts.projects.map(({ id }) => id) : [options.project];
  if (projects.length === 0 || scope === "") return;
  const client = createClientFor(quiet, { ...credential, scope, projectId: undefined });
  const canExport = scope.split(" ").includes("data-export");
  tell(...(await examineProjects(context, { client, projects, canExport, parts })));
}

type Projects = {
  readonly client: Client;
  readonly projects: readonly number[];
  readonly canExport: boolean;
  readonly parts: ExaminationParts;
};

/** A few at a time: the services count what one credential asks at once. In the order of the list all the same. */
async function examineProjects({ terminal }: CommandContext, { client, projects, canExport, parts }: Projects) {
  const findings = new Map<number, Finding>();
  const waiting = [...projects];
  const work = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      terminal.showProgress(`Asking the clouds… ${findings.size} of ${projects.length} projects`);
      findings.set(id, await examineProject(client, { id, canExport }, parts));
    }
  };
  await Promise.all(Array.from({ length: projectsAtOnce }, work));
  terminal.showProgress(undefined);
  return projects.flatMap((id) => findings.get(id) ?? []);
}

function describeSource({ source }: Credential): string {
  return source.kind === "profile" ? `profile ${source.name}` : "credential from the environment";
}

function printFinding({ terminal }: CommandContext, { name, verdict, message, next }: Finding): void {
  const { green, red, yellow } = terminal.style;
  const marks = { passed: green("✓"), warning: yellow("!"), failed: red("✗") };
  terminal.showProgress(undefined);
  const [line = ""] = formatColumns([[`${marks[verdict]} ${name.padEnd(12)}`, escapeControls(message)]]);
  terminal.print(line);
  if (next !== undefined) terminal.print(`${" ".repeat(16)}${escapeControls(next)}`);
}

function summarize({ terminal }: CommandContext, findings: readonly Finding[]): string {
  const { green, red, yellow } = terminal.style;
  const count = (verdict: Finding["verdict"]): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const [failures, warnings] = [count("failed"), count("warning")];
  if (failures > 0) return red(`${failures} of ${findings.length} checks failed.`);
  if (warnings > 0) return yellow(`Everything works, with ${warnings} warning${warnings === 1 ? "" : "s"}.`);
  return green("Everything works.");
}
