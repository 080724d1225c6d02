import type { Cloud, ManagementClient } from "@biped/management-client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { openSession } from "./admin-session.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { formatExamples, printChanged, printList } from "./print-answer.ts";
import { checkItems } from "./take-pages.ts";

/** `biped admin clouds …` */
export function addCloudsCommands(admin: Command, context: CommandContext): void {
  const clouds = admin
    .command("clouds")
    .description("clouds, and the endpoints to which the tokens of their projects are sent")
    .addHelpText("after", formatExamples("admin clouds list"));
  clouds
    .command("list")
    .description("list the clouds")
    .addHelpText("after", formatExamples("admin clouds list"))
    .action((_: unknown, command: Command) => list(context, command));
  clouds
    .command("create")
    .description("create a cloud")
    .argument("<name>", "lower-case letters, digits and hyphens, such as aws-eu-west-1")
    .argument("<endpoint>", "base URL of its APIs, without path")
    .addHelpText("after", formatExamples("admin clouds create aws-eu-west-1 https://api.eu.example.com"))
    .action((name: string, endpoint: string, _: unknown, command: Command) =>
      create(context, { name, endpoint }, command),
    );
  clouds
    .command("set-endpoint")
    .description("change the endpoint of a cloud: every new token of its projects is sent there")
    .argument("<name>", "the cloud")
    .argument("<endpoint>", "base URL of its APIs, without path")
    .option(...confirmOption)
    .addHelpText("after", formatExamples("admin clouds set-endpoint aws-eu-west-1 https://api2.eu.example.com"))
    .action((name: string, endpoint: string, options: ConfirmOptions, command: Command) =>
      setEndpoint(context, { name, endpoint, options }, command),
    );
}

async function list(context: CommandContext, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  printList(terminal, await readClouds(management), {
    headers: ["name", "endpoint", "projects"],
    row: ({ name, endpoint, projectCount }) => [String(name), String(endpoint), String(projectCount)],
    empty: "There are no clouds. Create one: biped admin clouds create NAME ENDPOINT",
  });
}

export async function readClouds(management: ManagementClient): Promise<readonly Cloud[]> {
  const { items } = await management.call("GET /api/clouds");
  checkItems(items);
  return items;
}

type NewCloud = { readonly name: string; readonly endpoint: string };

async function create(context: CommandContext, body: NewCloud, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const cloud = await management.call("POST /api/clouds", { body });
  printChanged(terminal, cloud, `Created cloud ${cloud.name} at ${cloud.endpoint}.`);
}

type EndpointChange = NewCloud & { readonly options: ConfirmOptions };

async function setEndpoint(
  context: CommandContext,
  { name, endpoint, options }: EndpointChange,
  command: Command,
): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const clouds = await readClouds(management);
  const before = clouds.find((cloud) => cloud.name === name);
  if (before === undefined) {
    throw createUsageError("There is no such cloud", `Known clouds: ${clouds.map((cloud) => cloud.name).join(", ")}`);
  }
  const question = `Send the tokens of the ${before.projectCount} projects on ${name} to ${endpoint} instead of ${before.endpoint}?`;
  await confirm(terminal, question, options);
  const cloud = await management.call(
    "PUT /api/clouds/:cloud/endpoint",
    { params: { cloud: name }, body: { endpoint } },
    { ifVersion: before.version },
  );
  printChanged(terminal, cloud, `Cloud ${cloud.name} is at ${cloud.endpoint} now.`);
}
