import type { Token } from "@biped/client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { type GlobalOptions, readGlobalOptions } from "../global-options.ts";
import type { JsonObject } from "../json.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatRelative } from "../terminal/format-time.ts";
import { formatColumns } from "../terminal/table.ts";
import { type DecodedToken, decodeToken } from "./decoded-token.ts";

const examples = `
Whoever has the token can use it until it expires.

Examples:
  $ biped token | pbcopy
  $ biped token --project 43 --scope metrics --json | jq -r .endpoint
  $ biped token --decode`;

export function addTokenCommand(program: Command, context: CommandContext): void {
  program
    .command("token")
    .description("print an access token, and nothing else")
    .option("--decode", "show header and claims instead of the token")
    .addHelpText("after", examples)
    .action((options: { readonly decode?: true }, command: Command) => {
      const global = readGlobalOptions(command);
      return options.decode === true ? printDecoded(context, global) : printToken(context, global);
    });
}

async function printToken(context: CommandContext, options: GlobalOptions): Promise<void> {
  const { terminal, signal, nowMilliseconds } = context;
  const { client } = await context.openClient(options);
  const token = await client.token({ signal });
  if (!terminal.isJson) return terminal.print(token.accessToken);
  const { accessToken, scope, projectId, endpoint } = token;
  terminal.printJson({
    access_token: accessToken,
    token_type: "bearer",
    expires_in: findSecondsLeft(token, nowMilliseconds()),
    scope,
    project_id: projectId,
    endpoint,
    expires_at: new Date(token.expiresAt).toISOString(),
  });
}

/** Without the signature, so that what is shown is of no use to whoever sees it. */
async function printDecoded(context: CommandContext, options: GlobalOptions): Promise<void> {
  const { terminal, signal, nowMilliseconds } = context;
  const { client } = await context.openClient(options);
  const token = await client.token({ signal });
  const decoded = decodeToken(token.accessToken);
  if (typeof decoded === "string") {
    throw new CommandError(`This service's tokens cannot be decoded: ${decoded}`, {
      exitCode: exitCodes.notOauth,
      code: "OPAQUE_TOKEN",
      next: "What the service tells about it: biped token --json",
    });
  }
  const { endpoint } = token;
  if (terminal.isJson) return terminal.printJson({ ...decoded, endpoint });
  for (const line of formatDecoded(decoded, nowMilliseconds())) terminal.print(line);
}

function formatDecoded({ header, claims }: DecodedToken, nowMilliseconds: number): string[] {
  const format = (members: JsonObject): string[] =>
    formatColumns(
      Object.entries(members).map(([name, value]) => [
        `  ${escapeControls(name)}`,
        escapeControls(typeof value === "string" ? value : JSON.stringify(value)) +
          tellTime(name, value, nowMilliseconds),
      ]),
    );
  return ["Header", ...format(header), "Claims", ...format(claims)];
}

const times: ReadonlySet<string> = new Set(["exp", "iat", "nbf", "auth_time"]);

function tellTime(name: string, value: unknown, nowMilliseconds: number): string {
  if (!times.has(name) || typeof value !== "number" || !(Math.abs(value) < 8.64e12)) return "";
  return `  ${formatInstant(value * 1000)}, ${formatRelative(value * 1000, nowMilliseconds)}`;
}

/** "2026-11-24 20:38:00Z" */
function formatInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("T", " ").replace(/\.\d+/, "");
}

function findSecondsLeft({ expiresAt }: Token, nowMilliseconds: number): number {
  return Math.max(0, Math.floor((expiresAt - nowMilliseconds) / 1000));
}
