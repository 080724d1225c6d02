import path from "node:path";
import type { CommandContext } from "../command-context.ts";
import { createLocalError } from "../command-error.ts";
import { parseJson } from "../json.ts";
import { readFileIfThere } from "../named-file.ts";

export type SandboxCredential = {
  readonly authUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly projectId: number | undefined;
};

const usualProject = 42;

/** The first credential of `demo.json`, which the sandbox writes when it starts. */
export async function readSandboxCredential(
  { environment, workingDirectory }: Pick<CommandContext, "environment" | "workingDirectory">,
  directory: string | true,
): Promise<SandboxCredential> {
  const folder = directory === true ? (environment.BIPED_DATA_DIR ?? ".biped") : directory;
  const file = path.join(path.resolve(workingDirectory, folder), "demo.json");
  const text = await readFileIfThere(file);
  if (text === undefined) {
    const next = "Start the sandbox first (biped sandbox), or name its data directory: biped login --sandbox DIR";
    throw createLocalError(`There is no ${file}`, "NO_SANDBOX", next);
  }
  const { z } = await import("zod/mini");
  const schema = z.object({
    issuer: z.string(),
    credentials: z.array(z.object({ client_id: z.string(), client_secret: z.string() })).check(z.minLength(1)),
    accounts: z.array(z.object({ projects: z.array(z.object({ id: z.int() })) })),
  });
  const parsed = schema.safeParse(parseJson(text));
  const credential = parsed.data?.credentials[0];
  if (!parsed.success || credential === undefined) {
    throw createLocalError(`${file} is damaged`, "FILE_DAMAGED", "Start the sandbox again.");
  }
  const projects = parsed.data.accounts[0]?.projects.map(({ id }) => id) ?? [];
  return {
    authUrl: parsed.data.issuer,
    clientId: credential.client_id,
    clientSecret: credential.client_secret,
    projectId: projects.includes(usualProject) ? usualProject : projects[0],
  };
}
