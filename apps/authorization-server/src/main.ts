#!/usr/bin/env node
import { randomBytes } from "node:crypto";
import { createLog, openLogOutput, readSettings, stopOnSignals } from "@biped/listener";
import { Command, InvalidArgumentError } from "commander";
import { createPlatformOwner, createSetupLink, tellSetup } from "./commands/administrators.ts";
import { backUp, confirmRestore, createBackupKeyPair, type RestoreOptions, restore } from "./commands/backups.ts";
import { printCreated, withManagement } from "./commands/create.ts";
import { createKey, listKeys, rotateKeyEncryption, rotateKeys } from "./commands/keys.ts";
import { type Config, createConfig, requireKeySource, serverSettings, words } from "./config.ts";
import { findProxyWarnings } from "./proxy-warnings.ts";
import { readKeyEncryptionKeyFile } from "./signing/key-encryption-key-file.ts";
import { openKeyEncryptionKey } from "./signing/open-key-encryption-key.ts";
import { start } from "./start.ts";
import { migrateStorage } from "./storage/open-storage.ts";

const clocks = {
  nowSeconds: () => Math.floor(Date.now() / 1000),
  monotonicSeconds: () => performance.now() / 1000,
};

function readConfig(): Config {
  const config = createConfig(readSettings(serverSettings, process.env));
  // What this process starts need not inherit it.
  delete process.env.BIPED_KEK;
  return config;
}

/** At once: whoever starts it again is told the same, until somebody has confirmed. */
function end({ message }: Error): never {
  process.stderr.write(`biped-server: ${message}\n`);
  process.exit(1);
}

const writeError = (line: string): void => void process.stderr.write(line);

/** A server never makes its own key-encryption key: a new one beside an old store would lock everything out. */
async function readParts(use: "serve" | "command") {
  const config = readConfig();
  const { formerKeyEncryptionKeyFile: formerFile } = config;
  const kek = {
    ...(await openKeyEncryptionKey(requireKeySource(config), process.env.CREDENTIALS_DIRECTORY)),
    former: formerFile === undefined ? undefined : readKeyEncryptionKeyFile(formerFile),
  };
  // The output of a command is what it made; only what went wrong stands beside it.
  const output = use === "serve" ? openLogOutput(1) : { write: writeError, lostLines: () => 0 };
  const log = createLog(use === "serve" ? config.logLevel : "warn", output.write);
  const logging = { log, lostLogLines: output.lostLines };
  const parts = { ...clocks, ...logging, end, kek, randomBytes, secretEnvironment: "live", adminRoutes: {} } as const;
  return { config, parts };
}

async function serve(): Promise<void> {
  const { config, parts } = await readParts("serve");
  const starting = start(config, parts);
  const stop = async (): Promise<void> => {
    parts.log.info("draining");
    try {
      await (await starting).stop();
      parts.log.info("stopped");
    } catch (error) {
      parts.log.error("the server did not stop cleanly", { error });
      process.exitCode = 1;
    }
  };
  // Before the start is waited for: a listener answers before all is ready, and a signal has to drain it.
  stopOnSignals(stop);
  const server = await starting;
  const setup = await server.openSetup();
  if (setup !== undefined) tellSetup(config, setup.token, (line) => process.stderr.write(line));
  for (const warning of findProxyWarnings(config)) parts.log.warn(warning);
  parts.log.info("console", { url: config.consoleUrl });
  parts.log.info("ready", { url: server.publicUrl });
}

function whole(text: string): number {
  const value = Number(text);
  if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("It must be an id.");
  return value;
}

function time(text: string): number {
  const value = Date.parse(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError("It must be a time such as 2027-01-31T00:00:00Z.");
  return Math.floor(value / 1000);
}

function createProgram(): Command {
  const program = new Command("biped-server").description("The Biped authorization server.").showHelpAfterError();
  program.command("serve", { isDefault: true }).description("Serve until stopped").action(serve);
  program
    .command("migrate")
    .description("Bring the database to this version; on PostgreSQL nothing else changes tables")
    .action(async () => printCreated({ steps: await migrateStorage(readConfig().databaseUrl) }));
  program
    .command("setup")
    .description("Make a link by which the first administrator sets a password; it lasts an hour")
    .action(async () => {
      const { config, parts } = await readParts("command");
      printCreated(await createSetupLink(config, parts));
    });
  addBackupCommands(program);
  addKeyCommands(program.command("keys").description("Signing keys, and the key that wraps them"));
  addCreateCommands(program.command("create").description("Create what the server serves; prints JSON"));
  return program;
}

function addKeyCommands(keys: Command): void {
  keys
    .command("list")
    .description("List the signing keys that are not gone")
    .action(async () => printCreated(await listKeys(readConfig())));
  keys
    .command("rotate")
    .description("Publish a new signing key; the servers sign with it once every reader knows it")
    .action(async () => {
      const { config, parts } = await readParts("command");
      printCreated(await rotateKeys(config, parts));
    });
  keys
    .command("rotate-kek")
    .description("Wrap with another key all that the former one wraps; servers may run, if they know both")
    .option(
      "--to-file <file>",
      "the new key; without it the new one is the settings' and the former BIPED_FORMER_KEK_FILE",
    )
    .action(async ({ toFile }: { toFile?: string }) => {
      const { config, parts } = await readParts("command");
      printCreated(await rotateKeyEncryption(config, parts, toFile));
    });
  keys
    .command("create-kek")
    .argument("<file>", "where to write it; must not exist")
    .description("Make the key that wraps signing keys and pepper (BIPED_KEK_FILE), mode 0600")
    .action((file: string) => printCreated(createKey(file, randomBytes)));
}

function addBackupCommands(program: Command): void {
  const backup = program
    .command("backup")
    .description("Write one moment of the store into a new file, while servers run")
    .argument("<file>", "where to write it; must not exist")
    .option("--to <file>", "public key of `backup create-key`, to encrypt it for; in the clear without it")
    .action(async (file: string, { to }: { to?: string }) => {
      if (to === undefined)
        process.stderr.write("The backup is not encrypted; --to names the key to encrypt it for.\n");
      printCreated(await backUp(readConfig(), file, to));
    });
  backup
    .command("create-key")
    .description("Make a pair of keys for backups; the private one belongs where no server is")
    .argument("<private>", "where to write the private key; must not exist")
    .argument("<public>", "where to write the public key; must not exist")
    .action((privateFile: string, publicFile: string) => printCreated(createBackupKeyPair(privateFile, publicFile)));
  const restoring = program
    .command("restore")
    .description("Put a backup into an empty store, without what was taken away since; tokens of before are void")
    .argument("<file>", "the backup")
    .option("--key <file>", "private key of `backup create-key`, for whose public one it was encrypted")
    .option("--replay <file>", "JSONL export of the audit log, from which later changes are taken over")
    .option("--accept-gap", "in place of --replay: whatever was revoked or disabled since lives again")
    .addHelpText(
      "after",
      "\nStop every server of the lost store first. None starts on this one until `restore confirm`.",
    )
    .action(async (file: string, options: RestoreOptions) => {
      printCreated(await restore(readConfig(), file, { ...options, ...clocks }));
    });
  restoring
    .command("confirm")
    .description("Let servers serve from a store that was restored")
    .action(async () => printCreated(await confirmRestore(readConfig(), clocks)));
}

const nameOption = ["--name <text>", "a name that people read"] as const;

async function create(change: Parameters<typeof withManagement>[2]): Promise<void> {
  const { config, parts } = await readParts("command");
  printCreated(await withManagement(config, parts, change));
}

function addCreateCommands(parent: Command): void {
  parent
    .command("account")
    .description("Create an account")
    .requiredOption(...nameOption)
    .action((options: { name: string }) => create((management) => management.createAccount(options)));
  parent
    .command("cloud")
    .description("Create a cloud, which has the APIs of its projects")
    .requiredOption("--name <word>", "such as aws-eu-west-1")
    .requiredOption("--endpoint <url>", "base URL of its APIs, without path")
    .action((options: { name: string; endpoint: string }) => create((management) => management.createCloud(options)));
  parent
    .command("project")
    .description("Create a project of an account, on one cloud")
    .requiredOption("--account <id>", "the account that owns it", whole)
    .requiredOption("--cloud <word>", "the cloud on which it lives")
    .requiredOption(...nameOption)
    .option("--id <id>", "its id; the next free one if absent", whole)
    .option("--time-zone <zone>", "a name of the IANA database", "UTC")
    .action((options: { account: number; cloud: string; name: string; id?: number; timeZone: string }) =>
      create((management) => management.createProject({ ...options, id: options.id, accountId: options.account })),
    );
  addCreateAdministrator(parent);
  addCreateCredential(parent);
}

function addCreateAdministrator(parent: Command): void {
  parent
    .command("administrator")
    .description("Invite a platform owner. The link is printed once and works for seven days")
    .requiredOption("--email <address>", "by which the person signs in")
    .option("--name <text>", "how the person is called")
    .action(async (options: { email: string; name?: string }) => {
      const { config, parts } = await readParts("command");
      printCreated(await createPlatformOwner(config, parts, options));
    });
}

function addCreateCredential(parent: Command): void {
  parent
    .command("credential")
    .description("Create a credential. Its secret is printed once and kept nowhere")
    .requiredOption("--account <id>", "the account that owns it", whole)
    .option("--project <id>", "its project; without one it is of account level", whole)
    .requiredOption(...nameOption)
    .requiredOption("--scopes <words>", "scopes it owns, separated by blanks", words)
    .option("--allow <ranges>", "CIDR ranges from which it may act", words, [])
    .option("--expires <time>", "when it ends; never if absent", time)
    .action((options: CredentialOptions) =>
      create((management) => management.createCredential(readCredential(options))),
    );
}

type CredentialOptions = {
  account: number;
  project?: number;
  name: string;
  scopes: readonly string[];
  allow: readonly string[];
  expires?: number;
};

function readCredential({ account, project, name, scopes, allow, expires }: CredentialOptions) {
  return { accountId: account, projectId: project, name, scopes, allowedRanges: allow, expiresAt: expires };
}

try {
  await createProgram().parseAsync();
} catch (error) {
  // One clear line for each thing that is wrong; the stack is for bugs, which say so themselves.
  process.stderr.write(`biped-server: ${error instanceof Error ? error.message : String(error)}\n`);
  // At once: a connection that was not let in may hold the process up until the database gives it up.
  process.exit(1);
}
