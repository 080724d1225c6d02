import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import type { GlobalOptions } from "../global-options.ts";
import type { Profile } from "../profiles/profile.ts";
import { parseAuthUrl } from "../token/issuer.ts";
import { askText } from "./prompts.ts";
import { readSecret } from "./read-secret.ts";
import { readSandboxCredential } from "./sandbox-credential.ts";

export type LoginOptions = {
  readonly clientId?: string;
  readonly secretFile?: string;
  readonly store?: "keychain" | "file";
  readonly sandbox?: string | true;
  readonly name?: string;
};

export type LoginSettings = {
  readonly authUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly projectId: number | undefined;
};

const wantedSecret = {
  question: "Client secret",
  noun: "secret",
  fileOption: "--secret-file",
  code: "NOT_A_SECRET",
} as const;

type Asked = {
  readonly options: LoginOptions;
  readonly global: GlobalOptions;
  /** What the profile held before. */
  readonly previous: Profile | undefined;
};

/** From the options, the environment and the profile of that name; what is still missing is asked for. */
export async function findLoginSettings(context: CommandContext, asked: Asked): Promise<LoginSettings> {
  const { options, global, previous } = asked;
  if (options.sandbox !== undefined) {
    const found = await readSandboxCredential(context, options.sandbox);
    return { ...found, authUrl: global.authUrl ?? found.authUrl, projectId: global.project ?? found.projectId };
  }
  const { terminal, environment } = context;
  const authUrl = global.authUrl ?? (environment.BIPED_AUTH_URL || previous?.authUrl);
  const clientId = options.clientId ?? (environment.BIPED_CLIENT_ID || previous?.clientId);
  if (!terminal.isInteractive) refuseMissing({ authUrl, clientId });
  const service = authUrl ?? (await askText(terminal, { message: "URL of the service", placeholder: "https://…" }));
  // Before the secret is typed, which a mistake in the address would make in vain.
  parseAuthUrl(service);
  return {
    authUrl: service,
    clientId: clientId ?? (await askText(terminal, { message: "Client id" })),
    clientSecret: await readSecret(context, options.secretFile, wantedSecret),
    projectId: global.project ?? (previous?.clientId === clientId ? previous?.projectId : undefined),
  };
}

function refuseMissing({
  authUrl,
  clientId,
}: {
  readonly authUrl?: string | undefined;
  readonly clientId?: string | undefined;
}) {
  const missing = [...(authUrl ? [] : ["--auth-url"]), ...(clientId ? [] : ["--client-id"])];
  if (missing.length === 0) return;
  throw createUsageError(
    `${missing.join(" and ")} missing`,
    "For example: biped login --auth-url https://… --client-id ID < secret.txt",
  );
}
