import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { readGlobalOptions } from "../global-options.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { measureText } from "../terminal/table.ts";
import { parseServiceUrl } from "../token/issuer.ts";
import { parseWhole } from "./admin-arguments.ts";
import { type AdminSession, openSession } from "./admin-session.ts";
import { readSession } from "./admin-whoami.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { createApiSteps, createNodeSteps, type DrillStep, isAccepted, runStep, type StepResult } from "./drill-step.ts";
import { type DrilledTokens, openDrilledTokens } from "./drilled-tokens.ts";
import { createUnexpectedAnswer } from "./open-management.ts";
import { formatExamples } from "./print-answer.ts";

type DrillOptions = ConfirmOptions & {
  readonly node: readonly URL[];
  readonly api: readonly URL[];
  readonly credential?: string;
  readonly within: number;
};

const help = `
This is no rehearsal for the service: the key that signs goes out of use, every
token that it signed is void, and programs ask for new ones. Times count from the
moment the command asks for it. Exit code 1 if anything takes longer than --within.
${formatExamples(
  "admin signing-keys drill",
  "admin signing-keys drill --node https://a.example.com --node https://b.example.com",
  "admin signing-keys drill --api https://api.example.com/v1/exports --credential work",
)}`;

/** `drill`, the fire drill of R-25: the emergency, with a stop watch. */
export function addDrillCommand(keys: Command, context: CommandContext): void {
  const collect =
    (name: string) =>
    (text: string, previous: readonly URL[] = []) => [...previous, parseServiceUrl(name, text)];
  keys
    .command("drill")
    .description("compromise the active key, and measure how soon its tokens are refused")
    .option("--node <url>", "a node's public listener; can be repeated (default: the issuer)", collect("--node"))
    .option("--api <url>", "what to GET from a guarded API; can be repeated", collect("--api"))
    .option("--credential <profile>", "get the tokens for --api with this profile of `biped profiles`")
    .option("--within <seconds>", "fail if it takes longer, 1 to 300", parseWhole(1, 300), 10)
    .option(...confirmOption)
    .addHelpText("after", help)
    .action((options: Partial<DrillOptions> & Pick<DrillOptions, "within">, command: Command) =>
      drill(context, { node: [], api: [], ...options }, command),
    );
}

async function drill(context: CommandContext, options: DrillOptions, command: Command): Promise<void> {
  // Read
  const session = await openSession(context, command);
  const kid = await findActiveKey(session);
  const nodes = options.node.length > 0 ? options.node : [await findIssuer(session)];
  const tokens = options.api.length === 0 ? undefined : await prepareTokens(context, { kid, options }, command);
  const question = `Take ${kid}, which signs, out of use now, and refuse every token that it signed?`;
  await confirm(session.terminal, question, options);

  // Act
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  const withinMilliseconds = options.within * 1000;
  const replacementKid = await compromise(session, kid);
  const acknowledged = { place: "the management API", what: "acknowledges", milliseconds: elapsed() };
  const change = { kid, replacementKid, sequence: await findSequence(session, kid) };
  const steps = [
    ...nodes.flatMap((node) => createNodeSteps(node, change)),
    ...(tokens === undefined ? [] : options.api.flatMap((api) => createApiSteps(api, tokens, kid))),
  ];
  const print = createPrinter(session, [acknowledged, ...steps], withinMilliseconds);
  print(acknowledged);
  const parts = { elapsed, withinMilliseconds, signal: context.signal };
  const measured = await Promise.all(
    steps.map(async (step) => {
      const result = await runStep(step, parts);
      print(result);
      return result;
    }),
  );

  // Answer
  tell(context, { kid, replacementKid, options }, [acknowledged, ...measured]);
}

async function findActiveKey({ management }: AdminSession): Promise<string> {
  const { items } = await management.call("GET /api/signing-keys");
  const active = items.find(({ state }) => state === "active");
  if (active !== undefined) return active.kid;
  throw createUnexpectedAnswer("no key signs");
}

async function findIssuer({ management }: AdminSession): Promise<URL> {
  return parseServiceUrl("The issuer", readSession(await management.call("GET /api/session")).issuer);
}

/** Answers the key that signs from now on. */
async function compromise({ management }: AdminSession, kid: string): Promise<string> {
  const { items } = await management.call("POST /api/signing-keys/:kid/compromise", { params: { kid }, body: {} });
  const active = items.find(({ state }) => state === "active");
  if (active !== undefined) return active.kid;
  throw createUnexpectedAnswer("the key was compromised, and none signs now");
}

/** The place of the change in the audit log, by which a feed is known to tell of it. */
async function findSequence({ management }: AdminSession, kid: string): Promise<number> {
  const { items } = await management.call("GET /api/revocations", { query: { limit: 100 } });
  const found = items.find(({ kind, object }) => kind === "signing-key" && object === kid);
  if (found !== undefined) return found.sequence;
  throw createUnexpectedAnswer("the key was compromised, and the list of revocations does not tell it");
}

type Preparation = { readonly kid: string; readonly options: DrillOptions };

/** A token of the key that is to go, which every API takes now. */
async function prepareTokens(
  context: CommandContext,
  { kid, options }: Preparation,
  command: Command,
): Promise<DrilledTokens> {
  const tokens = await openDrilledTokens(context, { ...readGlobalOptions(command), profile: options.credential });
  if (tokens.former.kid !== kid) {
    throw new CommandError("The credential's tokens are not signed by the active key of this service", {
      exitCode: exitCodes.refused,
      code: "OTHER_SERVICE",
      next: "Choose a profile of the same service with --credential.",
    });
  }
  for (const api of options.api) {
    const { status } = await tokens.call(api, tokens.former);
    if (isAccepted(status)) continue;
    throw new CommandError(`${api.href} does not take the token even before the drill: it answers ${status}`, {
      exitCode: exitCodes.refused,
      code: "NOT_ACCEPTED",
      next: "Name something that the credential may GET at its project's cloud, such as https://…/v1/exports.",
    });
  }
  return tokens;
}

/** A line for each step as it ends. */
function createPrinter({ terminal }: AdminSession, steps: readonly Pick<DrillStep, "place" | "what">[], limit: number) {
  const { green, red } = terminal.style;
  const label = ({ place, what }: Pick<DrillStep, "place" | "what">): string => escapeControls(`${place} ${what}`);
  const width = Math.max(...steps.map((step) => measureText(label(step))));
  return (result: StepResult): void => {
    if (terminal.isJson) return;
    const mark = isInTime(result, limit) ? green("✓") : red("✗");
    terminal.print(`${mark} ${label(result).padEnd(width)}  ${escapeControls(describeTime(result))}`);
  };
}

function isInTime({ milliseconds }: StepResult, limit: number): boolean {
  return milliseconds !== undefined && milliseconds <= limit;
}

function describeTime({ milliseconds, reason }: StepResult): string {
  return milliseconds === undefined ? `not in time: ${reason}` : `after ${Math.round(milliseconds)} ms`;
}

type Drilled = Preparation & { readonly replacementKid: string };

function tell(
  context: CommandContext,
  { kid, replacementKid, options }: Drilled,
  results: readonly StepResult[],
): void {
  const { terminal } = context;
  const isPassed = results.every((result) => isInTime(result, options.within * 1000));
  if (!isPassed) context.endWith(exitCodes.failed);
  const longest = Math.round(Math.max(...results.map(({ milliseconds = Number.POSITIVE_INFINITY }) => milliseconds)));
  if (terminal.isJson) {
    const steps = results.map(({ milliseconds, ...step }) => ({
      ...step,
      milliseconds: milliseconds === undefined ? null : Math.round(milliseconds),
    }));
    terminal.printJson({ isPassed, kid, replacementKid, withinSeconds: options.within, steps });
    return;
  }
  const { green, red } = terminal.style;
  terminal.print(
    isPassed ? green(`All of it within ${longest} ms.`) : red(`Not all of it within ${options.within} s.`),
  );
  terminal.note(escapeControls(`${kid} is gone; ${replacementKid} signs.`));
}
