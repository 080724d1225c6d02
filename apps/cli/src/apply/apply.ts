import path from "node:path";
import type { ManagementClient } from "@biped/management-client";
import { confirm } from "../admin/confirm.ts";
import { openManagement } from "../admin/open-management.ts";
import type { CommandContext } from "../command-context.ts";
import { CommandError, createUsageError } from "../command-error.ts";
import type { GlobalOptions } from "../global-options.ts";
import { readNamedFile } from "../named-file.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import type { ApplyOptions } from "./apply-command.ts";
import { type Created, doStep } from "./do-step.ts";
import { createSecretsOutput, openSecretsFile, type SecretPlace } from "./hand-out-secrets.ts";
import type { Plan, Step } from "./plan.ts";
import { planChanges } from "./plan-changes.ts";
import { describeStep, formatCounts, formatPlan } from "./print-plan.ts";
import { type FileMistake, readDeclaration } from "./read-declaration.ts";
import { readPresent } from "./read-present.ts";

const fileLimitBytes = 4 * 1024 * 1024;

export async function apply(context: CommandContext, options: ApplyOptions, global: GlobalOptions): Promise<void> {
  const { terminal } = context;
  // Read
  const read = readDeclaration(await readText(context, options.file));
  if ("mistakes" in read) throw createMistakesError(context, options.file, read.mistakes);
  const management = await openManagement(context, global);
  terminal.showProgress("Reading what there is…");
  const present = await readPresent(management, read.declaration);
  terminal.showProgress(undefined);
  // Decide
  const planned = planChanges(read.declaration, present);
  if ("mistakes" in planned) throw createMistakesError(context, options.file, read.locate(planned.mistakes));
  const { plan } = planned;
  if (options.dryRun === true || plan.steps.length === 0) {
    printPlan(context, plan);
    return;
  }
  // Act
  showPlan(context, plan);
  await confirm(terminal, `Do this (${formatCounts(plan.steps).replace(/\.$/, "")})?`, options);
  await carryOut(context, { management, plan, options });
}

async function readText({ terminal, workingDirectory }: CommandContext, file: string): Promise<string> {
  const bytes =
    file === "-" ? await terminal.readInputBytes() : await readNamedFile(path.resolve(workingDirectory, file));
  if (bytes.length > fileLimitBytes) throw createUsageError(`${nameSource(file)} is longer than 4 MiB`);
  return bytes.toString("utf8");
}

function nameSource(file: string): string {
  return file === "-" ? "stdin" : file;
}

/** Each mistake on a line of its own, with the line of the file. */
function createMistakesError(
  { terminal }: CommandContext,
  file: string,
  mistakes: readonly FileMistake[],
): CommandError {
  const lines = mistakes.map(({ line, text }) => `${nameSource(file)}:${line}: ${text}`);
  const next = "See: biped apply --help";
  if (terminal.isJson || lines.length === 1) return createUsageError(lines.join("; "), next);
  for (const line of lines) terminal.complain(escapeControls(line));
  return createUsageError(`${nameSource(file)} has ${lines.length} mistakes`, next);
}

/** The plan as the result of the run. */
function printPlan({ terminal }: CommandContext, plan: Plan): void {
  if (terminal.isJson) terminal.printJson({ applied: false, steps: plan.steps.map(describeStep), left: plan.left });
  else for (const line of formatPlan(plan, terminal.style)) terminal.print(line);
  if (plan.steps.length === 0) terminal.note("Nothing to change.");
}

/** The plan beside the result, which is the secrets alone. */
function showPlan({ terminal }: CommandContext, plan: Plan): void {
  for (const line of formatPlan(plan, terminal.errorStyle)) terminal.note(line);
}

type Work = { readonly management: ManagementClient; readonly plan: Plan; readonly options: ApplyOptions };

async function carryOut(context: CommandContext, { management, plan, options }: Work): Promise<void> {
  const { terminal } = context;
  const place =
    options.secretsFile === undefined || !plan.steps.some(makesSecret)
      ? createSecretsOutput(context)
      : await openSecretsFile(context, options.secretsFile);
  const done: Step[] = [];
  try {
    await doSteps(context, { management, plan, place, done });
    terminal.note(`Done: ${plan.steps.length} of ${plan.steps.length} steps.`);
  } catch (error) {
    throw tellRest(error, plan.steps.length - done.length);
  } finally {
    terminal.showProgress(undefined);
    await place.close();
    // Also when a step fails: what is not told now would be lost.
    if (terminal.isJson) {
      const isDone = done.length === plan.steps.length;
      terminal.printJson({ applied: isDone, steps: done.map(describeStep), left: plan.left, ...place.describe() });
    }
  }
}

type Doing = Pick<Work, "management" | "plan"> & { readonly place: SecretPlace; readonly done: Step[] };

async function doSteps({ terminal, signal }: CommandContext, { management, plan, place, done }: Doing): Promise<void> {
  const created: Created = new Map();
  for (const step of plan.steps) {
    signal.throwIfAborted();
    terminal.showProgress(escapeControls(`${step.kind} ${step.title}…`));
    const shown = await doStep(management, step, created);
    terminal.showProgress(undefined);
    if (shown !== undefined) await place.put(step.title, shown);
    if (shown !== undefined && step.kind === "create" && step.noun === "credential") {
      await disableNew(management, step, shown.credential);
    }
    done.push(step);
  }
}

/** After its secret is handed out: a failure here must not lose it. */
async function disableNew(
  { call }: ManagementClient,
  { declared }: Extract<Step, { kind: "create"; noun: "credential" }>,
  { clientId, version }: { readonly clientId: string; readonly version: number },
): Promise<void> {
  if (declared.state !== "disabled") return;
  const target = { params: { clientId }, body: { state: "disabled" } } as const;
  await call("PATCH /api/credentials/:clientId", target, { ifVersion: version });
}

function makesSecret({ kind, noun }: Step): boolean {
  return kind === "create" && noun === "credential";
}

/** What was done is done; the same command does the rest. */
function tellRest(error: unknown, rest: number): unknown {
  if (!(error instanceof CommandError)) return error;
  const left = rest === 1 ? "One step is" : `${rest} steps are`;
  const advice = `${left} left: mend it, and repeat the command, which does what is left.`;
  const next = [error.next, advice].filter((part) => part !== undefined).join(" ");
  return new CommandError(error.message, { ...error, next, cause: error });
}
