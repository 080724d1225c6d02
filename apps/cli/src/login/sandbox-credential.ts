import type { CommandContext } from "../command-context.ts";
import { readSandboxFile } from "./sandbox-file.ts";

export type SandboxCredential = {
  readonly authUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly projectId: number | undefined;
};

const usualProject = 42;

/** The first credential of the sandbox. */
export function readSandboxCredential(
  context: Pick<CommandContext, "environment" | "workingDirectory">,
  directory: string | true,
): Promise<SandboxCredential> {
  return readSandboxFile(context, directory, { command: "biped login", parse: parseCredential });
}

async function parseCredential(written: unknown): Promise<SandboxCredential | undefined> {
  const { z } = await import("zod/mini");
  const schema = z.object({
    issuer: z.string(),
    credentials: z.array(z.object({ client_id: z.string(), client_secret: z.string() })).check(z.minLength(1)),
    accounts: z.array(z.object({ projects: z.array(z.object({ id: z.int() })) })),
  });
  const { data } = schema.safeParse(written);
  const credential = data?.credentials[0];
  if (data === undefined || credential === undefined) return undefined;
  const projects = data.accounts[0]?.projects.map(({ id }) => id) ?? [];
  return {
    authUrl: data.issuer,
    clientId: credential.client_id,
    clientSecret: credential.client_secret,
    projectId: projects.includes(usualProject) ? usualProject : projects[0],
  };
}
