import path from "node:path";
import type { SecretShown } from "@biped/management-client";
import { createLostError, openNewFile, requireSecret } from "../admin/shown-secret.ts";
import type { CommandContext } from "../command-context.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatColumns } from "../terminal/table.ts";

/** A new credential with its secret, as it is handed out. */
export type NewSecret = {
  readonly title: string;
  readonly clientId: string;
  readonly clientSecret: string;
};

/** Where the secrets of new credentials go, each as soon as it is made. */
export type SecretPlace = {
  /** Resolves when the secret is on the disk, or printed. */
  readonly put: (title: string, shown: SecretShown) => Promise<void>;
  /** What --json tells in the end: the secrets, or the file in which they are. */
  readonly describe: () => { readonly secrets: readonly NewSecret[] } | { readonly secretsFile: string };
  readonly close: () => Promise<void>;
};

/** A line of JSON for each secret, in a new file of mode 0600. */
export async function openSecretsFile({ workingDirectory }: CommandContext, name: string): Promise<SecretPlace> {
  const file = path.resolve(workingDirectory, name);
  const { write, close } = await openNewFile(file);
  return {
    put: async (title, shown) => {
      const { credential, clientSecret } = requireSecret(shown);
      const line = JSON.stringify({ title, clientId: credential.clientId, clientSecret } satisfies NewSecret);
      await write(`${line}\n`).catch((error: unknown) => {
        throw createLostError(shown, `could not be written to ${file}`, error);
      });
    },
    describe: () => ({ secretsFile: file }),
    close,
  };
}

/** To stdout: at once for people and pipes, in the one document for --json. */
export function createSecretsOutput({ terminal }: CommandContext): SecretPlace {
  const secrets: NewSecret[] = [];
  return {
    put: async (title, shown) => {
      const { credential, clientSecret } = requireSecret(shown);
      const { clientId } = credential;
      secrets.push({ title, clientId, clientSecret });
      if (terminal.isJson) return;
      if (terminal.isOutputTerminal) printForPeople(terminal.print, { title, clientId, clientSecret });
      else await terminal.write(`${escapeControls(clientId)}\t${clientSecret}\t${escapeControls(title)}\n`);
    },
    describe: () => ({ secrets }),
    close: async () => {
      if (secrets.length > 0) terminal.note("Secrets are shown this once. Put them where secrets are kept.");
    },
  };
}

function printForPeople(print: (line: string) => void, { title, clientId, clientSecret }: NewSecret): void {
  print(escapeControls(title));
  const rows = [
    ["  Client id", escapeControls(clientId)],
    ["  Secret", escapeControls(clientSecret)],
  ];
  for (const line of formatColumns(rows)) print(line);
}
