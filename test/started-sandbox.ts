/** The sandbox as the program it is: its own process, its own files. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePorts } from "./free-ports.ts";

const root = join(import.meta.dirname, "..");

export type RunningSandbox = { readonly child: ChildProcess; readonly output: () => string };

/** Resolves when the sandbox says that it is ready, or has ended. */
export async function startSandbox(environment: Record<string, string>): Promise<RunningSandbox> {
  const child = spawn(process.execPath, ["--conditions=biped-source", "apps/sandbox/src/main.ts"], {
    cwd: root,
    env: { PATH: process.env.PATH, ...environment },
  });
  let output = "";
  await new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes("Stop with Ctrl-C")) resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("close", () => resolve());
  });
  return { child, output: () => output };
}

export async function stopSandbox(
  { child }: RunningSandbox,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  child.kill(signal);
  await once(child, "close");
  return child.exitCode;
}

export async function createSandboxEnvironment() {
  const directory = await mkdtemp(join(tmpdir(), "biped-sandbox-"));
  const [publicPort = 0, adminPort = 0, aws = 0, azure = 0] = await findFreePorts(4);
  return {
    directory,
    ports: { publicPort, adminPort, aws, azure },
    environment: {
      BIPED_DATA_DIR: directory,
      BIPED_PUBLIC_PORT: String(publicPort),
      BIPED_ADMIN_PORT: String(adminPort),
      BIPED_CLOUD_PORTS: `${aws},${azure}`,
    },
  };
}

export type SandboxEnvironment = Awaited<ReturnType<typeof createSandboxEnvironment>>;

/** What the sandbox writes about itself (`demo.json`), as far as tests read it. */
export type Demo = {
  issuer: string;
  console: string;
  administrator: { email: string; password: string };
  clouds: { name: string; endpoint: string }[];
  accounts: { id: number; name: string; projects: { id: number; name: string; cloud: string }[] }[];
  credentials: {
    level: string;
    account_id: number;
    project_id: number | null;
    client_id: string;
    client_secret: string;
    scopes: string;
  }[];
};

export async function readDemo({ directory }: Pick<SandboxEnvironment, "directory">): Promise<Demo> {
  return JSON.parse(await readFile(join(directory, "demo.json"), "utf8"));
}
