import type { Project } from "@biped/management-client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { parseId } from "../exports/export-arguments.ts";
import { addListOptions, type ListOptions } from "./accounts.ts";
import { type AdminSession, openSession } from "./admin-session.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { formatExamples, printChanged, printCreated, printList, printObject } from "./print-answer.ts";
import { addStateCommands, type states } from "./state-commands.ts";
import { takePages } from "./take-pages.ts";

type ProjectListOptions = ListOptions & {
  readonly account?: number;
  readonly cloud?: string;
  readonly sort?: "id" | "-id" | "name" | "-name";
};
type CreateOptions = {
  readonly account: number;
  readonly cloud: string;
  readonly id?: number;
  readonly timeZone?: string;
};

/** `biped admin projects …` */
export function addProjectsCommands(admin: Command, context: CommandContext): void {
  const projects = admin
    .command("projects")
    .description("projects of the accounts, each on one cloud")
    .addHelpText("after", formatExamples("admin projects list --account 7", "admin projects show 42"));
  addReadingCommands(projects, context);
  addCreateCommand(projects, context);
  addChangeCommands(projects, context);
  addMoveCommand(projects, context);
  addStateCommands(projects, {
    noun: "a project",
    effect: "nobody gets a token for it until it is enabled",
    argument: ["<project>", "its id", parseId],
    example: "42",
    setState: ({ id, state, options }, command) => change(context, { id, body: { state }, options }, command),
  });
}

function addReadingCommands(projects: Command, context: CommandContext): void {
  addListOptions(projects.command("list"))
    .description("list the projects that you may see")
    .option("--account <id>", "those of this account", parseId)
    .option("--cloud <name>", "those on this cloud")
    .addOption(new Option("--sort <by>", "in this order").choices(["id", "-id", "name", "-name"]))
    .addHelpText(
      "after",
      formatExamples("admin projects list --account 7", "admin projects list --cloud aws-eu-west-1"),
    )
    .action((options: ProjectListOptions, command: Command) => list(context, options, command));
  projects
    .command("show")
    .description("show a project")
    .argument("<project>", "its id", parseId)
    .addHelpText("after", formatExamples("admin projects show 42"))
    .action((id: number, _: unknown, command: Command) => show(context, id, command));
}

function addCreateCommand(projects: Command, context: CommandContext): void {
  projects
    .command("create")
    .description("create a project; through a pipe its id is printed, and nothing else")
    .argument("<name>", "what people read")
    .requiredOption("--account <id>", "the account to which it belongs", parseId)
    .requiredOption("--cloud <name>", "the cloud on which it lives")
    .option("--id <n>", "its id; the next free one without it", parseId)
    .option("--time-zone <name>", "a name of the IANA database, such as Europe/Paris")
    .addHelpText("after", formatExamples("admin projects create Web --account 7 --cloud aws-eu-west-1"))
    .action((name: string, options: CreateOptions, command: Command) => create(context, { name, options }, command));
}

function addChangeCommands(projects: Command, context: CommandContext): void {
  projects
    .command("rename")
    .description("give a project another name")
    .argument("<project>", "its id", parseId)
    .argument("<name>", "the new name")
    .addHelpText("after", formatExamples('admin projects rename 42 "Web shop"'))
    .action((id: number, name: string, _: unknown, command: Command) =>
      change(context, { id, body: { name } }, command),
    );
  projects
    .command("set-time-zone")
    .description("set the time zone of a project")
    .argument("<project>", "its id", parseId)
    .argument("<zone>", "a name of the IANA database, such as Europe/Paris")
    .addHelpText("after", formatExamples("admin projects set-time-zone 42 Europe/Paris"))
    .action((id: number, timeZone: string, _: unknown, command: Command) =>
      change(context, { id, body: { timeZone } }, command),
    );
}

function addMoveCommand(projects: Command, context: CommandContext): void {
  projects
    .command("move")
    .description("move a project to another cloud")
    .argument("<project>", "its id", parseId)
    .argument("<cloud>", "the name of the other cloud")
    .option(...confirmOption)
    .addHelpText(
      "after",
      `\nThe former cloud answers 421 from then on; clients ask for a new token and go on at
the new one.\n${formatExamples("admin projects move 42 azure-west-europe")}`,
    )
    .action((id: number, cloud: string, options: ConfirmOptions, command: Command) =>
      move(context, { id, cloud, options }, command),
    );
}

async function list(context: CommandContext, options: ProjectListOptions, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { limit, account, ...filter } = options;
  const query = { ...filter, ...(account !== undefined && { accountId: account }) };
  const read = (page: object) => management.call("GET /api/projects", { query: { ...query, ...page } });
  printList(terminal, await takePages(read, limit), {
    headers: ["id", "name", "account", "cloud", "time zone", "state", "credentials"],
    row: (project) => [
      String(project.id),
      String(project.name),
      `${project.accountId} ${project.accountName}`,
      String(project.cloud),
      String(project.timeZone),
      describeState(project),
      String(project.credentialCount),
    ],
    empty: "There is no such project. Create one; this shows how: biped admin projects create --help",
  });
}

function describeState({ state, effectiveState }: Project): string {
  return state === effectiveState ? state : `${state}, but its account is not`;
}

async function show(context: CommandContext, id: number, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const project = await readProject(session, id);
  printObject(session.terminal, project, [
    ["Project", String(project.id)],
    ["Name", String(project.name)],
    ["Account", `${project.accountId} ${project.accountName}`],
    ["Cloud", `${project.cloud}, ${project.endpoint}`],
    ["Time zone", String(project.timeZone)],
    ["State", describeState(project)],
    ["Credentials", String(project.credentialCount)],
    ["Created", String(project.createdAt)],
  ]);
}

export function readProject({ management }: AdminSession, projectId: number): Promise<Project> {
  return management.call("GET /api/projects/:projectId", { params: { projectId } });
}

type Creation = { readonly name: string; readonly options: CreateOptions };

async function create(context: CommandContext, { name, options }: Creation, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { account, ...further } = options;
  const project = await management.call("POST /api/accounts/:accountId/projects", {
    params: { accountId: account },
    body: { name, ...further },
  });
  const sentence = `Created project ${project.id} ${project.name} of account ${project.accountId} on ${project.cloud}.`;
  printCreated(terminal, project, { sentence, id: String(project.id) });
}

type Change = {
  readonly id: number;
  readonly body: { readonly name?: string; readonly timeZone?: string; readonly state?: (typeof states)[number] };
  /** Of what asks first. */
  readonly options?: ConfirmOptions;
};

async function change(context: CommandContext, { id, body, options }: Change, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const { name, version } = await readProject(session, id);
  const question = `Disable project ${id} ${name}? Nobody gets a token for it then.`;
  if (options !== undefined) await confirm(session.terminal, question, options);
  const project = await session.management.call(
    "PATCH /api/projects/:projectId",
    { params: { projectId: id }, body },
    { ifVersion: version },
  );
  const facts = `${project.timeZone}, ${describeState(project)}`;
  printChanged(session.terminal, project, `Changed project ${project.id} ${project.name}: ${facts}.`);
}

type Move = { readonly id: number; readonly cloud: string; readonly options: ConfirmOptions };

async function move(context: CommandContext, { id, cloud, options }: Move, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const before = await readProject(session, id);
  const question = `Move project ${id} ${before.name} from ${before.cloud} to ${cloud}?`;
  await confirm(session.terminal, question, options);
  const project = await session.management.call(
    "PUT /api/projects/:projectId/cloud",
    { params: { projectId: id }, body: { cloud } },
    { ifVersion: before.version },
  );
  const sentence = `Project ${project.id} ${project.name} lives on ${project.cloud} (${project.endpoint}) now.`;
  printChanged(session.terminal, project, sentence);
}
