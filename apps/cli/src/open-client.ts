import { type Client, type ClientHooks, createClient } from "@biped/client";
import type { CommandContext } from "./command-context.ts";
import { CommandError, createUsageError } from "./command-error.ts";
import { type Credential, findCredential } from "./credential.ts";
import { exitCodes } from "./exit-codes.ts";
import { type GlobalOptions, isScope } from "./global-options.ts";
import { escapeControls } from "./terminal/escape-controls.ts";
import { formatDuration } from "./terminal/format-time.ts";
import type { Terminal } from "./terminal/terminal.ts";

export type OpenedClient = {
  readonly client: Client;
  readonly credential: Omit<Credential, "clientSecret" | "scope"> & { readonly scope: string };
};

type Parts = Pick<CommandContext, "environment" | "terminal" | "signal">;

/** With the scopes of the options, the environment or the profile; without any, with all that the credential owns. */
export async function openClient(parts: Parts, options: GlobalOptions): Promise<OpenedClient> {
  const credential = await findCredential(parts.environment, options);
  const scope = credential.scope ?? (await findOwnedScope(parts, credential));
  const { clientSecret: _, ...shown } = credential;
  return { client: createClientFor(parts, { ...credential, scope }), credential: { ...shown, scope } };
}

/** Sends nothing. @throws {CommandError} a setting is wrong. */
export function createClientFor({ terminal }: Pick<Parts, "terminal">, credential: Omit<Credential, "source">): Client {
  const { authUrl, clientId, clientSecret, projectId, allowedHosts } = credential;
  try {
    return createClient({
      authUrl,
      clientId,
      clientSecret,
      projectId,
      allowedHosts,
      // Asking what a credential may do needs no scope; whoever asks for tokens has looked for one before.
      scope: credential.scope ?? "data-export",
      timeoutMilliseconds: 20_000,
      maxAttempts: 3,
      on: createHooks(terminal),
    });
  } catch (error) {
    if (error instanceof TypeError) throw createUsageError(nameSettings(error.message));
    throw error;
  }
}

async function findOwnedScope(parts: Parts, credential: Credential): Promise<string> {
  const { scopes } = await createClientFor(parts, credential).information({ signal: parts.signal });
  return chooseScope(scopes);
}

/** All of them but `enrichment`, which cannot be asked for together with others. */
export function chooseScope(owned: string): string {
  const scopes = owned.split(" ").filter((scope) => scope !== "");
  const chosen = scopes.length > 1 ? scopes.filter((scope) => scope !== "enrichment") : scopes;
  if (!chosen.every(isScope)) {
    throw new CommandError("The answer is not of this protocol: what it names as scopes are none", {
      exitCode: exitCodes.notOauth,
      code: "UNEXPECTED_ANSWER",
      next: "Name the scopes that you want with --scope.",
    });
  }
  if (chosen.length > 0) return chosen.join(" ");
  throw new CommandError("The credential owns no scope", {
    exitCode: exitCodes.refused,
    code: "NO_SCOPE",
    next: "Ask an administrator to give it the scopes of the APIs that you call.",
  });
}

function createHooks({ note, debug }: Terminal): ClientHooks {
  return {
    tokenRenewed: ({ projectId, scope, endpoint }) =>
      debug(escapeControls(`token for project ${projectId} (${scope}), good at ${endpoint}`)),
    retried: ({ method, url, attempt, delayMilliseconds, reason }) =>
      debug(
        escapeControls(`${method} ${url}: ${reason}; repetition ${attempt} in ${Math.round(delayMilliseconds)} ms`),
      ),
    clockSkewSeen: ({ skewSeconds }) => {
      const direction = skewSeconds > 0 ? "behind" : "ahead of";
      note(`Note: the clock of this machine is ${formatDuration(Math.abs(skewSeconds))} ${direction} the service's.`);
    },
    secretExpiring: ({ secondsLeft }) =>
      note(
        secondsLeft > 0
          ? `Note: the secret of this credential ends in ${formatDuration(secondsLeft)}. Have a new one made.`
          : "Note: the secret of this credential has ended. Have a new one made.",
      ),
  };
}

/** The client names its options; here they are those of the command. */
function nameSettings(message: string): string {
  return message
    .replace(/\.$/, "")
    .replace(/^authUrl/, "The auth URL")
    .replace(/^scope/, "The scope")
    .replace(/^projectId/, "The project")
    .replace(/^clientId/, "The client id")
    .replace(/^clientSecret/, "The client secret")
    .replace(/^allowedHosts/, "The allowed hosts");
}
