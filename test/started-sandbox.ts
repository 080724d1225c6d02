/** The sandbox as the program it is: its own process, its own files. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePorts } from "./free-ports.ts";
import { checkAnswers } from "./watched-tokens.ts";

const root = join(import.meta.dirname, "..");

export type RunningSandbox = { readonly child: ChildProcess; readonly output: () => string };

type Noted = { readonly directory: string; readonly environment: Readonly<Record<string, string>> };

/** Where each sandbox notes the tokens that it issues. */
const noted = new WeakMap<ChildProcess, Noted>();
const notes = "answers";

/** Resolves when the sandbox says that it is ready, or has ended. */
export async function startSandbox(environment: Record<string, string>): Promise<RunningSandbox> {
  const directory = await mkdtemp(join(tmpdir(), "biped-noted-"));
  const options = ["--conditions=biped-source", "--import", join(import.meta.dirname, "note-tokens.ts")];
  const child = spawn(process.execPath, [...options, "apps/sandbox/src/main.ts"], {
    cwd: root,
    env: { PATH: process.env.PATH, ...environment, NOTED_TOKENS_FILE: join(directory, notes) },
  });
  noted.set(child, { directory, environment });
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

/** @throws Error if any token that it has issued should not be (M-01). */
export async function stopSandbox(
  { child }: RunningSandbox,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, "close");
  }
  const known = noted.get(child);
  noted.delete(child);
  if (known !== undefined) await checkNoted(known);
  return child.exitCode;
}

async function checkNoted({ directory, environment }: Noted): Promise<void> {
  const { BIPED_DATA_DIR = "", BIPED_PUBLIC_PORT = "", BIPED_ISSUER } = environment;
  const text = await readFile(join(directory, notes), "utf8").catch(() => "");
  await rm(directory, { recursive: true });
  // An answer stands in a line behind the port of the listener.
  const lines = text.split("\n").filter((line) => line !== "");
  await checkAnswers(
    lines.map((line) => line.slice(line.indexOf(" ") + 1)),
    {
      issuer: BIPED_ISSUER ?? `http://127.0.0.1:${BIPED_PUBLIC_PORT}`,
      exclusiveScopes: ["enrichment"],
      databaseUrl: `sqlite:${join(BIPED_DATA_DIR, "authorization-server.db")}`,
    },
  );
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
