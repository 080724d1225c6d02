import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { findAuthUrl } from "../credential.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseScope, readGlobalOptions } from "../global-options.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatColumns } from "../terminal/table.ts";
import { type Check, checkToken } from "./check-token.ts";
import { readIssuer } from "./issuer.ts";

const examples = `
The token is checked against the metadata and the keys of the profile's service,
or of --auth-url; never against an address that the token names. No credential
is needed. Whether the token was revoked is not asked: guards know, and the
introspection endpoint.

Exit code 0 when every check passes, 1 when one fails, 5 when the service
publishes no metadata and keys.

Examples:
  $ biped token | biped verify
  $ biped verify --auth-url https://auth.example.com < token.txt
  $ biped verify --require-scope metrics eyJhbGciOi…`;

type VerifyOptions = { readonly endpoint?: string; readonly requireScope?: string };

export function addVerifyCommand(program: Command, context: CommandContext): void {
  program
    .command("verify")
    .argument("[token]", "the token; from stdin with - or without it")
    .description("check a token against the keys of its issuer, one line a check")
    .option("--endpoint <url>", "the audience must be this cloud")
    .option("--require-scope <scopes>", "the token must have these scopes")
    .addHelpText("after", examples)
    .action((token: string | undefined, options: VerifyOptions, command: Command) =>
      verify(context, token, { ...options, command }),
    );
}

type Asked = VerifyOptions & { readonly command: Command };

async function verify(
  context: CommandContext,
  token: string | undefined,
  { command, ...options }: Asked,
): Promise<void> {
  const { terminal, environment, signal, nowMilliseconds } = context;
  const requiredScopes = parseScope("--require-scope", options.requireScope)?.split(" ") ?? [];
  const authUrl = await findAuthUrl(environment, readGlobalOptions(command));
  const text = await readToken(context, token);
  const issuer = await readIssuer(authUrl, { fetch: globalThis.fetch, signal });
  const endpoint = options.endpoint?.replace(/\/$/, "");
  const checks = await checkToken(text, { issuer, nowMilliseconds: nowMilliseconds(), endpoint, requiredScopes });
  const failures = checks.filter(({ verdict }) => verdict === "failed");
  if (failures.length > 0) context.endWith(exitCodes.failed);
  if (terminal.isJson) {
    return terminal.printJson({ valid: failures.length === 0, issuer: issuer.issuer, checks });
  }
  printChecks(context, checks);
  const { green, red } = terminal.style;
  const made = checks.filter(({ verdict }) => verdict !== "skipped").length;
  terminal.print(
    failures.length === 0
      ? green(`The token is good: ${made} checks passed.`)
      : red(`The token is not good: ${failures.length} of ${made} checks failed.`),
  );
}

async function readToken({ terminal }: CommandContext, token: string | undefined): Promise<string> {
  const isPiped = token === "-" || (token === undefined && !terminal.isInputTerminal);
  const text = (isPiped ? await terminal.readInput() : (token ?? "")).trim();
  if (text !== "") return text.replace(/^bearer +/i, "");
  throw createUsageError("There is no token to check", "Pipe it in: biped token | biped verify");
}

/** "✓ issuer     https://…", with what a token says escaped. */
function printChecks({ terminal }: CommandContext, checks: readonly Check[]): void {
  const { green, red, dim } = terminal.style;
  const marks = { passed: green("✓"), failed: red("✗"), skipped: dim("–") };
  const rows = checks.map(({ name, verdict, reason }) => [`${marks[verdict]} ${name}`, escapeControls(reason)]);
  for (const line of formatColumns(rows)) terminal.print(line);
}
